/**
 * Beside the real Lean 4 extension, on a live Lean: the same four scenarios. Runs where
 * `FD_LEAN4_VSIX` names that extension's package (built from its public source; see the README).
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, inject, it } from "vitest";

import { packFolder } from "./support/vsix";
import { leanKind, SLOW_MS } from "./support/places";
import { resolved } from "./support/store";
import { suite } from "./support/suite";
import type { Workbench } from "./support/workbench";

const lean4 = process.env["FD_LEAN4_VSIX"];
const scratch = mkdtempSync(join(tmpdir(), "fd-toml-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** The Lean 4 extension depends on one for TOML, which it does not need here. */
function tomlStub(): string {
  const folder = join(scratch, "extension");
  mkdirSync(folder, { recursive: true });
  const manifest = { name: "even-better-toml", publisher: "tamasfe", version: "0.21.2", engines: { vscode: "^1.75.0" } };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  return packFolder(scratch, manifest);
}

/** Its questions about a Lean without elan are answered; its own server runs. */
async function setUpIsOver(workbench: Workbench): Promise<void> {
  const anyway = workbench.page.locator(".monaco-dialog-box .monaco-button", { hasText: "Proceed Regardless" });
  await anyway.click({ timeout: 15_000 }).catch(() => undefined);
}

describe.runIf(lean4 !== undefined && leanKind() === "live")("beside the Lean 4 extension", () => {
  const at = suite({
    vsix: lean4 === undefined ? [] : [tomlStub(), lean4, inject("vsix")],
    settings: { "fd-prover.store.consent": "yes", "lean4.alwaysAskBeforeInstallingLeanVersions": false, "lean4.infoview.autoOpen": false, "lean4.showSetupWarnings": false },
  });
  const of = (file: string, kind: string) => (decision: { kind: string }, offered: { uri?: string }) =>
    decision.kind === kind && (offered.uri ?? "").endsWith(file);

  it("accepts ghost text with Tab, with goals from the user's own Lean", async () => {
    const workbench = await at.own(at.host.workspace("first"), "Ghost.lean");
    await setUpIsOver(workbench);
    await workbench.isReady();
    await workbench.newLineBehind(1);
    const ghost = await workbench.ghostText();
    await workbench.picture("beside-lean4-ghost");
    await workbench.press("Tab");
    expect((await workbench.saved("Ghost.lean")).split("\n")[1]).toBe(`  ${ghost}`);
    const taken = await resolved(at.host, of("Ghost.lean", "Accepted"));
    expect(taken.offered.candidate).toBe(ghost);
    await workbench.logSays(/goals from the Lean 4 extension: ready/);
    await workbench.picture("beside-lean4-log");
  });

  it("records an override", async () => {
    const workbench = await at.window("Override.lean");
    await workbench.newLineBehind(1);
    await workbench.ghostText();
    await workbench.type("exact Or.inr True.intro", 60);
    await workbench.press("Escape");
    const written = await resolved(at.host, of("Override.lean", "Overridden"));
    expect(written.decision.text).toBe("exact Or.inr True.intro");
    await workbench.picture("beside-lean4-override");
  });

  it("turns \\alpha into α, undisturbed", async () => {
    const workbench = await at.window("Alpha.lean");
    await workbench.newLineBehind(1);
    await workbench.ghostText();
    await workbench.type("\\alpha", 150);
    expect(await workbench.ghost().count()).toBe(0);
    await workbench.type(" ");
    await workbench.press("Escape");
    await workbench.picture("beside-lean4-abbreviation");
    expect(await workbench.saved("Alpha.lean")).toContain("\n  α");
  });

  it("fills a sorry by quick fix", async () => {
    const workbench = await at.window("Fill.lean");
    await workbench.goTo(2, 4);
    const row = await workbench.quickFix("Fill sorry");
    await workbench.picture("beside-lean4-quick-fix");
    await row.click();
    await expect.poll(() => workbench.text(), { timeout: SLOW_MS }).not.toMatch(/¬q := by\s+sorry/);
    expect((await resolved(at.host, of("Fill.lean", "Accepted"))).offered.surface).toBe("code_action");
  });

  it("proves a sorry by lens", async () => {
    const workbench = await at.window("Prove.lean");
    await workbench.page.locator(".codelens-decoration a", { hasText: /^Prove$/ }).first().click();
    await expect.poll(() => workbench.text(), { timeout: SLOW_MS }).not.toMatch(/x = 4 := by\s+sorry/);
    expect((await resolved(at.host, of("Prove.lean", "Accepted"))).offered.surface).toBe("lens");
    await workbench.picture("beside-lean4-proved");
  });
});
