// STAND-IN for the native writer of VS Code's log files, which is not built where the workbench is
// installed without npm's install scripts. Without any, every log channel of every extension is empty.
// Loaded into the workbench's processes by `node --require` (`host.ts`).
const { appendFileSync } = require("node:fs");
const Module = require("node:module");

const LEVELS = ["trace", "debug", "info", "warn", "error", "critical"];

class Logger {
  constructor(_kind, _name, file) {
    this.file = file;
    this.level = 2;
  }
  getLevel() {
    return this.level;
  }
  setLevel(level) {
    this.level = level;
  }
  clearFormatters() {
    this.isBare = true;
  }
  setPattern() {}
  flush() {}
  drop() {}
}
LEVELS.forEach((name, level) => {
  Logger.prototype[name] = function (message) {
    const head = this.isBare ? "" : `${new Date().toISOString().replace("T", " ").replace("Z", "")} [${name}] `;
    if (level >= this.level) appendFileSync(this.file, this.isBare ? message : `${head}${message}\n`);
  };
});

const load = Module._load;
Module._load = function (request, ...rest) {
  const loaded = load.call(this, request, ...rest);
  if (request !== "bindings") return loaded;
  return (name) => (name === "spdlog" ? { version: 0, setLevel() {}, setFlushOn() {}, Logger } : loaded(name));
};
