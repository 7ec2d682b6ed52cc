/** Quick fixes and lenses: what fills a `sorry`, and what it leaves in the store. */

import { describe, expect, it } from "vitest";

import { leanKind, SLOW_MS } from "./support/places";
import { resolved } from "./support/store";
import { suite } from "./support/suite";

const at = suite({ settings: { "fd-prover.store.consent": "yes" } });

describe("quick fix", () => {
  it("fills a sorry", async () => {
    const workbench = await at.window("Fill.lean");
    await workbench.goTo(2, 4);
    const fix = await workbench.quickFix("Fill sorry");
    await workbench.picture("quick-fix-menu");
    await fix.click();
    await expect.poll(() => workbench.text()).not.toMatch(/¬q := by\s+sorry/);
    await workbench.picture("quick-fix-filled");
    const text = await workbench.saved("Fill.lean");
    const taken = await resolved(at.host, (decision, offered) => decision.kind === "Accepted" && (offered.uri ?? "").endsWith("Fill.lean"));
    expect(taken.offered.surface).toBe("code_action");
    expect(text.split("\n")[1]?.trim()).toBe((taken.offered.candidate ?? "").split("\n")[0]);
  });
});

describe("lens", () => {
  const lens = (title: string) => `.codelens-decoration a >> text=${title}`;

  it("proves one sorry, audited, with progress, and records it", async () => {
    const workbench = await at.window("Prove.lean");
    await workbench.page.locator(lens("Prove")).first().waitFor();
    await workbench.picture("lenses");
    await workbench.page.locator(".codelens-decoration a", { hasText: /^Prove$/ }).first().click();
    await expect.poll(() => workbench.text(), { timeout: SLOW_MS }).not.toMatch(/x = 4 := by\s+sorry/);
    await workbench.picture("lens-proved");
    const taken = await resolved(at.host, (decision, offered) => decision.kind === "Accepted" && offered.surface === "lens");
    expect(await workbench.saved("Prove.lean")).toContain((taken.offered.candidate ?? "?").split("\n")[0]);
  });

  it("proves all of a file, and leaves open what it could not prove", async () => {
    const workbench = await at.window("All.lean");
    const all = workbench.page.locator(".codelens-decoration a", { hasText: /^Prove all 2 in this file$/ });
    await all.click();
    await expect.poll(() => workbench.text(), { timeout: SLOW_MS }).not.toMatch(/q ∧ p ∧ q := by\s+sorry/);
    await workbench.picture("lens-proved-all");
    expect(await workbench.saved("All.lean")).not.toContain("sorry");
  });

  it.runIf(leanKind() === "live")("is cancelled in the middle, and writes nothing", async () => {
    const workbench = await at.window("Open.lean");
    const before = await workbench.text();
    await workbench.page.locator(".codelens-decoration a", { hasText: /^Prove$/ }).first().click();
    await expect.poll(() => workbench.page.locator(".part.statusbar").textContent(), { timeout: SLOW_MS }).toMatch(/Proving/);
    await workbench.command("Notifications: Show Notifications");
    const progress = workbench.page.locator(".notifications-center .notification-list-item", { hasText: /Proving/ });
    await progress.first().waitFor();
    await workbench.picture("lens-progress");
    await progress.first().hover();
    await progress.first().locator(".monaco-button", { hasText: "Cancel" }).click();
    await progress.first().waitFor({ state: "detached" });
    await workbench.isReady();
    await workbench.picture("lens-cancelled");
    expect(await workbench.text()).toBe(before);
  });
});
