/**
 * The server's process: started in a folder of ours, never in the user's, and ended for good.
 */

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";

const GRACE_MS = 3000;

export interface ServerProcess {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves when it has ended, with words on how. */
  readonly ended: Promise<string>;
}

/**
 * Start the console script. `cwd` is a folder of the extension's, and `PYTHONSAFEPATH` keeps
 * Python from importing what lies in a working folder. Rejects if it can't be started.
 */
export async function startServer(command: string, cwd: string): Promise<ServerProcess> {
  const child = spawn(command, ["--stdio"], {
    cwd,
    env: { ...process.env, PYTHONSAFEPATH: "1", PYTHONUTF8: "1" },
    stdio: "pipe",
    windowsHide: true,
  });
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) =>
      resolve(signal === null ? `exit status ${code}` : `signal ${signal}`),
    );
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  child.on("error", () => undefined); // a later failure to signal it is no news
  child.stdin.on("error", () => undefined); // it may end while we write
  return { child, ended };
}

/** Ask it to end, then make it. */
export async function endServer(server: ServerProcess): Promise<void> {
  if (server.child.exitCode !== null || server.child.signalCode !== null) {
    return;
  }
  server.child.kill();
  const timer = setTimeout(() => server.child.kill("SIGKILL"), GRACE_MS);
  await server.ended;
  clearTimeout(timer);
}
