/** Servers that are too old or new, silent, late, broken, or too talkative; and settings of a wrong type. */

import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { DATA, SLOW_MS } from "./support/places";
import { suite } from "./support/suite";
import type { Workbench } from "./support/workbench";

// The workspace's own environment is looked at before PATH: there stands the server of the test.
const settings = { "fd-prover.server.path": "", "fd-prover.server.startTimeout": 6, "fd-prover.lean.threads": "two" };
const at = suite({ settings });

/** One window; each server in turn stands where the last one stood. */
async function withServer(mode: string): Promise<Workbench> {
  const bin = join(at.host.folder("shared"), ".venv", "bin");
  mkdirSync(bin, { recursive: true });
  copyFileSync(join(DATA, "badServer.mjs"), join(bin, "fd-server"));
  chmodSync(join(bin, "fd-server"), 0o755);
  writeFileSync(join(bin, "MODE"), mode);
  const workbench = await at.window("Ghost.lean", { isReady: false });
  await workbench.status().waitFor(); // only then are the commands in the palette
  await workbench.command("FD Prover: Restart Server");
  return workbench;
}

async function says(workbench: Workbench, words: RegExp): Promise<void> {
  const label = (): Promise<string | null> => workbench.status().getAttribute("aria-label");
  await expect.poll(label, { timeout: SLOW_MS }).toMatch(words);
}

async function writesOn(workbench: Workbench, mode: string): Promise<void> {
  await workbench.hasFocus();
  await workbench.type(`-- goes on beside ${mode}\n`);
  await workbench.says(`-- goes on beside ${mode}\n`);
}

describe("a server that", () => {
  it.each([
    ["old", /failed\..*fd-server 0\.0\.1 .*too old: it speaks protocol 0, and this extension \d/],
    ["new", /failed\..*too new: it speaks protocol 99/],
    ["silent", /failed\..*did not answer within 6 s/],
    ["dies", /failed\..*it ended: exit status 1 \(its last words: fd-server: no module named pydantic\)/],
    ["breaks", /failed\..*it ended: exit status 3/],
    ["hangs", /failed\..*did not say how it is within the time/],
    ["garbage", /failed\..*does not speak the protocol/],
  ])("is %s: the status says which and what", async (mode, words) => {
    const workbench = await withServer(mode);
    await says(workbench, words);
    await writesOn(workbench, mode);
    await workbench.picture(`server-${mode}`);
  });

  it("floods us with notifications, garbage among them: the last word is shown, and typing goes on", async () => {
    const workbench = await withServer("flood");
    await says(workbench, /nothing found/);
    await writesOn(workbench, "flood");
  });
});

it("ghost text that is ready long after it was asked for appears without a key", async () => {
  const workbench = await withServer("late");
  const before = at.host.servers();
  await workbench.command("FD Prover: Restart Server");
  await expect.poll(() => at.host.servers().filter((pid) => !before.includes(pid)).length, { timeout: SLOW_MS }).toBe(1);
  const [pid] = at.host.servers().filter((pid) => !before.includes(pid));
  await says(workbench, new RegExp(`policy down\\. server ${String(pid)}`));
  await workbench.newLineBehind(1);
  expect(await workbench.ghostText()).toBe("late_but_there");
  await workbench.picture("server-late");
  await workbench.press("Escape");
  await workbench.type("\n  ");
  expect(await workbench.ghostText()).toBe("late_but_there");
  await workbench.press("Escape");
  await workbench.goTo(2, 3); // nothing is typed: the cursor stops here, and was answered too early
  expect(await workbench.ghostText()).toBe("late_but_there");
  await workbench.press("Escape");
  await writesOn(workbench, "late");
});

it("a setting of the wrong type counts as not set, and the status names it", async () => {
  const workbench = await withServer("fine");
  await says(workbench, /fd-prover\.lean\.threads must be a integer, not "two"/);
  await workbench.picture("wrong-setting");
});
