// Runs a program, and ends its whole process group when whoever asked for it is gone, even by SIGKILL:
// then our standard input ends. (A workbench that nobody reads any more would run on at full speed.)
//
//     node keeper.mjs program parameter …     started as the leader of a process group
import { spawn } from "node:child_process";

const [program, ...parameters] = process.argv.slice(2);
const child = spawn(program, parameters, { stdio: ["ignore", "inherit", "inherit"] });

function endGroup() {
  process.kill(0, "SIGKILL"); // 0: everybody in our group, ourselves last
}

child.once("error", (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(127);
});
child.once("exit", (status, signal) => process.exit(signal === null ? status : 1));
// A signal to the group is for the others: we are the last to leave.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => undefined);
process.stdin.on("end", endGroup).on("error", endGroup).resume();
