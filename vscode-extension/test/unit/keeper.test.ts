/** What the workbench tests start ends with them, however they end. */

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, describe, expect, it, vi } from "vitest";

const KEEPER = join(import.meta.dirname, "../e2e/support/keeper.mjs");
const scratch = mkdtempSync(join(tmpdir(), "fd-keeper-"));
const started: number[] = [];
afterEach(() => {
  for (const pid of started.splice(0)) if (isAlive(pid)) process.kill(pid, "SIGKILL");
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function isAlive(pid: number): boolean {
  try {
    // One that has ended and that nobody has asked about yet is no longer alive.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${String(pid)}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Told by the programs themselves, in the order in which they start. */
async function pids(count: number): Promise<number[]> {
  const read = (): number[] => readFileSync(join(scratch, "pids"), "utf8").trim().split("\n").map(Number);
  await vi.waitFor(() => expect(read()).toHaveLength(count), { timeout: 20_000 });
  started.push(...read());
  return read();
}

describe.runIf(process.platform === "linux")("the keeper of a program and its child", () => {
  it.each<NodeJS.Signals>(["SIGKILL", "SIGTERM"])("ends both when whoever started it ends by %s", async (signal) => {
    const tell = `require("fs").appendFileSync(${JSON.stringify(join(scratch, "pids"))}, process.pid + "\\n");`;
    const stays = `${tell} setInterval(() => {}, 1000); process.on("SIGTERM", () => {});`;
    const program = `${stays} require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(stays)}]);`;
    const kept = [KEEPER, process.execPath, "-e", program];
    const options = '{ detached: true, stdio: ["pipe", "ignore", "ignore"] }';
    const run = `${tell} require("child_process").spawn(process.execPath, ${JSON.stringify(kept)}, ${options}); setInterval(() => {}, 1000);`;
    writeFileSync(join(scratch, "pids"), "");
    const starter = spawn(process.execPath, ["-e", run], { stdio: "ignore" });
    const [, ...others] = await pids(3);
    starter.kill(signal);
    await vi.waitFor(() => expect(others.filter(isAlive)).toEqual([]), { timeout: 20_000 });
  }, 60_000);
});
