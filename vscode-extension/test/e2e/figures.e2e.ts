/** Figures of the table that need the real workbench. Printed; only what does not depend on the machine is asserted. */

import { expect, it } from "vitest";

import { suite } from "./support/suite";
import type { Workbench } from "./support/workbench";

const LIST = ".runtime-extensions-editor";
const at = suite({ settings: { "fd-prover.store.consent": "no" } });

it("activation: nothing before a Lean file is open, then little", async () => {
  const workbench = await at.own(at.host.workspace("activation"), "lean-toolchain");
  await workbench.page.setViewportSize({ width: 1280, height: 2400 }); // rows out of sight are not in the page
  await listExtensions(workbench);
  expect(await activation(workbench)).toBeUndefined();
  expect(await workbench.status().count()).toBe(0);
  await workbench.press("Escape"); // the list lies over the editors
  await workbench.page.locator(LIST).waitFor({ state: "detached" });
  await workbench.openFile("Ghost.lean");
  await workbench.isReady();
  await listExtensions(workbench);
  await expect.poll(() => activation(workbench)).toBeDefined();
  process.stdout.write(`figure: activation ${String(await activation(workbench))} ms\n`);
  await workbench.picture("running-extensions");
});

async function listExtensions(workbench: Workbench): Promise<void> {
  await workbench.command("Developer: Show Running Extensions");
  await workbench.page.locator(`${LIST} .extension`).first().waitFor();
}

/** What the workbench itself measured, in milliseconds; undefined if it did not start us. */
async function activation(workbench: Workbench): Promise<number | undefined> {
  const row = workbench.page.locator(`${LIST} .extension`, { hasText: "FD Prover" });
  const said = (await row.count()) > 0 ? await row.first().textContent() : "";
  const found = /Activation: (\d+)\s*ms/.exec(said ?? "")?.[1];
  return found === undefined ? undefined : Number(found);
}
