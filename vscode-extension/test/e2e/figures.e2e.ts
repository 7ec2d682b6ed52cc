/** Figures of the table that need the real workbench. Printed; only what does not depend on the machine is asserted. */

import { expect, it } from "vitest";

import { suite } from "./support/suite";
import type { Workbench } from "./support/workbench";

const LIST = ".runtime-extensions-editor";
const at = suite({ settings: { "fd-prover.store.consent": "no" } });

it("activation: nothing before a Lean file is open, then little", async () => {
  const workbench = await at.own(at.host.workspace("activation"), "lean-toolchain");
  expect(await activation(workbench)).toBeUndefined();
  expect(await workbench.status().count()).toBe(0);
  await workbench.press("Escape"); // the list lies over the editors
  await workbench.page.locator(LIST).waitFor({ state: "detached" });
  await workbench.openFile("Ghost.lean");
  await workbench.isReady();
  const spent = await activation(workbench);
  process.stdout.write(`figure: activation ${String(spent)} ms\n`);
  expect(spent).toBeDefined();
  await workbench.picture("running-extensions");
});

/** What the workbench itself measured, in milliseconds; undefined if it did not start us. */
async function activation(workbench: Workbench): Promise<number | undefined> {
  await workbench.command("Developer: Show Running Extensions");
  const page = workbench.page.locator(LIST);
  await page.locator(".extension").first().waitFor();
  const row = page.locator(".extension", { hasText: "FD Prover" });
  const said = (await row.count()) > 0 ? await row.first().textContent() : "";
  const found = /Activation: (\d+)\s*ms/.exec(said ?? "")?.[1];
  return found === undefined ? undefined : Number(found);
}
