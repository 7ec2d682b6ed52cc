/** Where something is missing or not allowed: the status says what to do, and nothing runs. */

import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { decisions, offeredIn } from "./support/store";
import { suite } from "./support/suite";

/** No Lean on PATH, none from elan, none recorded. */
const NO_LEAN = { HOME: "/nonexistent", ELAN_HOME: undefined, FD_LEAN: undefined, FD_RECORDED_LEAN: undefined, PATH: "/usr/bin:/bin" };

describe("restricted mode", () => {
  const at = suite({ asksForTrust: true, settings: { "security.workspace.trust.startupPrompt": "never", "fd-prover.store.consent": "yes" } });

  it("starts no Lean, ignores the workspace's programs, and says so", async () => {
    const folder = at.host.workspace("restricted");
    const hostile = join(folder, "hostile.sh");
    writeFileSync(hostile, `#!/bin/sh\ntouch "${join(folder, "RAN")}"\n`);
    chmodSync(hostile, 0o755);
    mkdirSync(join(folder, ".vscode"));
    const programs = { "fd-prover.lean.executable": hostile, "fd-prover.server.path": hostile, "fd-prover.python.path": hostile };
    writeFileSync(join(folder, ".vscode", "settings.json"), JSON.stringify(programs));
    const workbench = await at.own(folder, "Ghost.lean");
    await workbench.statusSays(/FD restricted/);
    expect(await workbench.status().getAttribute("aria-label")).toMatch(/Restricted Mode: no Lean is started/);
    await workbench.newLineBehind(1);
    await workbench.picture("restricted-mode");
    await workbench.status().click();
    await workbench.page.locator(".quick-input-list .monaco-list-row").first().waitFor();
    await workbench.picture("restricted-mode-fix");
    expect(existsSync(join(folder, "RAN"))).toBe(false);
    expect(await workbench.ghost().count()).toBe(0);
    expect(await offeredIn(at.host, "Ghost.lean")).toEqual([]);
  });
});

describe("without Lean", () => {
  const at = suite({ environment: NO_LEAN, settings: { "fd-prover.store.consent": "yes" } });

  it("says in the status what is missing and what to do", async () => {
    const workbench = await at.own(at.host.workspace("leanless"), "Ghost.lean");
    await workbench.statusSays(/FD/);
    await workbench.newLineBehind(1);
    await workbench.statusSays(/Lean down/);
    const said = (await workbench.status().getAttribute("aria-label")) ?? "";
    expect(said).toMatch(/Lean/);
    await workbench.status().click();
    await workbench.page.locator(".quick-input-list .monaco-list-row").first().waitFor();
    await workbench.picture("lean-missing");
    expect((await workbench.page.locator(".quick-input-widget").textContent()) ?? "").toMatch(/elan|lean\.executable|Lean/);
  });
});

describe("before consent", () => {
  const at = suite();

  it("asks once, in one sentence, and records nothing after a no", async () => {
    const workbench = await at.own(at.host.workspace("consent"), "Ghost.lean");
    await workbench.isReady();
    await workbench.newLineBehind(1);
    await workbench.ghostText();
    await workbench.press("Tab");
    const question = workbench.notification(/record/i);
    await question.first().waitFor();
    await workbench.picture("consent");
    expect(await question.count()).toBe(1);
    await question.first().hover();
    await question.first().locator(".monaco-button", { hasText: /^Don.t record/ }).first().click();
    await question.first().waitFor({ state: "detached" });
    await workbench.openFile("Cycle.lean");
    await workbench.newLineBehind(1);
    await workbench.ghostText();
    await workbench.press("Tab");
    await workbench.saved("Cycle.lean");
    expect(await question.count()).toBe(0);
    expect(await decisions(at.host)).toEqual([]);
  });
});
