#!/usr/bin/env node
// A server that misbehaves, or is late, FOR TESTS: how is said in the file MODE beside it.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const mode = readFileSync(join(dirname(process.argv[1]), "MODE"), "utf8").trim();

function send(message) {
  const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
  process.stdout.write(`Content-Length: ${body.length}\r\n\r\n`);
  process.stdout.write(body);
}

const status = { state: "thinking", judged: 0, sampled: 100000, detail: "", fix: "", model: "", adapterId: "", lean: "", memoryMb: 0, recording: false };
const protocol = { old: {}, new: { protocol: 99 } }[mode] ?? { protocol: 1 };

const LATE_MS = 1500;
/** Places that are ready; in a new version of the text all are late again. */
const found = new Set();
let version = 0;

function answer({ id, method, params }) {
  if (method === "initialize") {
    const capabilities = mode === "late" ? { textDocumentSync: 1, inlineCompletionProvider: true } : {};
    send({ id, result: { capabilities, serverInfo: { name: "fd-server", version: "0.0.1" } } });
  } else if (method === "textDocument/inlineCompletion") {
    const { position } = params;
    const place = `${version}:${position.line}`;
    const items = found.has(place) ? [{ insertText: "late_but_there", range: { start: position, end: position } }] : [];
    send({ id, result: { items } });
    if (items.length === 0) setTimeout(find, LATE_MS, place);
  } else if (method === "textDocument/didChange") {
    version = params.textDocument.version;
  } else if (method === "fd/getStatus" && mode === "breaks") {
    process.stderr.write("fd-server: the records are locked\n", () => process.exit(3));
  } else if (method === "fd/getStatus" && mode === "hangs") {
    // It never says how it is, nor anything else.
  } else if (method === "fd/getStatus") {
    // The late one tells who it is; its state is none that a wrong setting is shown instead of.
    const who = mode === "late" ? { state: "policy down", detail: `server ${process.pid}` } : { state: "idle" };
    send({ id, result: { ...status, ...who, ...protocol } });
    if (mode === "flood") flood();
  } else if (method === "shutdown") {
    send({ id, result: null });
  } else if (method === "exit") {
    process.exit(0);
  }
}

/** As after the imports of a long file: what was answered with nothing is there now. */
function find(place) {
  found.add(place);
  send({ method: "fd/status", params: { ...status, detail: "Lean reads the file up to here" } });
  send({ method: "fd/status", params: { ...status, state: "idle", judged: found.size, sampled: 8 } });
}

function flood() {
  for (let judged = 1; judged <= 20000; judged++) send({ method: "fd/status", params: { ...status, judged } });
  send({ method: "fd/status", params: null });
  send({ method: "fd/candidates", params: "garbage" });
  send({ method: "fd/status", params: { ...status, state: "nothing found", judged: 20000 } });
}

if (mode === "dies") {
  process.stderr.write("fd-server: no module named pydantic\n");
  process.exit(1);
}
if (mode === "garbage") process.stdout.write("Traceback (most recent call last):\n  nonsense\n\n\n");

let buffer = Buffer.alloc(0);
process.stdin.on("data", (chunk) => {
  buffer = Buffer.concat([buffer, chunk]);
  for (;;) {
    const end = buffer.indexOf("\r\n\r\n");
    const length = Number(/Content-Length: (\d+)/.exec(buffer.toString("latin1", 0, end))?.[1]);
    if (end < 0 || buffer.length < end + 4 + length) return;
    const message = JSON.parse(buffer.toString("utf8", end + 4, end + 4 + length));
    buffer = buffer.subarray(end + 4 + length);
    if (mode !== "silent" && mode !== "garbage") answer(message);
  }
});
process.stdin.on("end", () => process.exit(0));
