/** Programs that end with us, however we end: see `keeper.mjs`. */

import { spawn, type ChildProcessByStdio } from "node:child_process";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

export type Kept = ChildProcessByStdio<Writable, Readable, Readable>;

const KEEPER = join(import.meta.dirname, "keeper.mjs");

/** Start Node with these parameters, in a process group of its own. */
export function startKept(parameters: readonly string[], env: NodeJS.ProcessEnv): Kept {
  const command = [KEEPER, process.execPath, ...parameters];
  return spawn(process.execPath, command, { env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
}

/** Run one to its end. Rejects with what it said last. */
export async function runKept(parameters: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = startKept(parameters, env);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const status = await new Promise((resolve) => child.once("close", resolve));
  endGroup(child, "SIGKILL");
  if (status !== 0) throw new Error(`${parameters.join(" ")} ended with ${String(status)}: ${said.slice(-2000)}`);
}

/** Signal everybody in its group, whether the leader still lives or not. */
export function endGroup({ pid }: Kept, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // Nobody is left.
  }
}
