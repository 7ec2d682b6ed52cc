/**
 * The server's process: started in a folder of ours, never in the user's, and ended for good.
 */

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";

import { within } from "./within";

const GRACE_MS = 3000;
/** A connection that broke because its process ends: the end is known within this time. */
const ENDS_MS = 1000;

export interface ServerProcess {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves when it has ended, with words on how. */
  readonly ended: Promise<string>;
  /** Resolves when, after that, all it wrote has been read. */
  readonly drained: Promise<void>;
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
  const drained = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  child.on("error", () => undefined); // a later failure to signal it is no news
  child.stdin.on("error", () => undefined); // it may end while we write
  return { child, ended, drained };
}

/**
 * How it ended, if it has or is about to: a broken pipe is often heard of before the end that broke
 * it. Its last words are read by then. Undefined if it lives on.
 */
export async function endingOf(server: ServerProcess): Promise<string | undefined> {
  const how = await within(ENDS_MS, server.ended);
  if (how !== undefined) {
    await within(ENDS_MS, server.drained); // a child of its own may hold the pipes open
  }
  return how;
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
