/** Ghost text and what becomes of it: every scenario asserts the text and the rows in the store. */

import { describe, expect, it } from "vitest";

import { offeredIn, resolved } from "./support/store";
import { suite } from "./support/suite";

const at = suite({ settings: { "fd-prover.store.consent": "yes" } });
const of = (file: string) => (_: unknown, offered: { uri?: string }) => (offered.uri ?? "").endsWith(file);

describe("ghost text", () => {
  it("appears where a proof goes on; Tab accepts it; the record is there", async () => {
    const workbench = await at.window("Ghost.lean");
    await workbench.newLineBehind(1);
    const ghost = await workbench.ghostText();
    await workbench.picture("ghost-text");
    await workbench.press("Tab");
    const text = await workbench.saved("Ghost.lean");
    expect(text.split("\n")[1]).toBe(`  ${ghost}`.split("\n")[0]);
    await workbench.picture("ghost-text-accepted");
    const taken = await resolved(at.host, (decision, offered) => decision.kind === "Accepted" && of("Ghost.lean")(0, offered));
    expect(taken.offered).toMatchObject({ surface: "inline", verdict: "closed", candidate: ghost });
  });

  it("goes through its alternatives, and records the one that was taken", async () => {
    const workbench = await at.window("Cycle.lean");
    await workbench.newLineBehind(1);
    const first = await workbench.ghostText();
    await workbench.press("Alt+]");
    await expect.poll(() => workbench.ghostText()).not.toBe(first);
    const second = await workbench.ghostText();
    await workbench.picture("alternatives-cycled");
    await workbench.press("Tab");
    expect(await workbench.saved("Cycle.lean")).toContain(second.split("\n")[0]);
    const taken = await resolved(at.host, (decision, offered) => decision.kind === "Accepted" && of("Cycle.lean")(0, offered));
    expect(taken.offered.candidate).toBe(second);
    expect((await offeredIn(at.host, "Cycle.lean")).length).toBeGreaterThan(1);
  });

  it("lists the alternatives with verdict and milliseconds", async () => {
    const workbench = await at.window("Listed.lean");
    await workbench.newLineBehind(1);
    await workbench.ghostText();
    await workbench.command("FD Prover: Show Alternatives with Verdicts");
    const rows = workbench.page.locator(".quick-input-list .monaco-list-row");
    await rows.first().waitFor();
    await workbench.picture("alternatives-listed");
    expect((await rows.first().textContent()) ?? "").toMatch(/closes the goal.*ms/);
    await workbench.press("Escape");
  });

  it("is rejected by a command, and that is recorded", async () => {
    const workbench = await at.window("Refuse.lean");
    await workbench.newLineBehind(1);
    await workbench.ghostText();
    await workbench.command("FD Prover: Reject Suggestion");
    const input = workbench.page.locator(".quick-input-widget input.input");
    const rows = workbench.page.locator(".quick-input-list .monaco-list-row");
    const hasFocus = workbench.page.locator(".quick-input-widget input.input:focus");
    await rows.filter({ hasText: /closes the goal|too clumsy/ }).first().waitFor();
    await hasFocus.waitFor();
    // Which one is asked only where there are several.
    if ((await rows.filter({ hasText: "closes the goal" }).count()) > 0) await workbench.press("Enter");
    await rows.filter({ hasText: "too clumsy" }).waitFor();
    await hasFocus.waitFor();
    await workbench.picture("reject-reason");
    await workbench.type("clumsy");
    await workbench.press("Enter");
    await input.waitFor({ state: "hidden" });
    const rejected = await resolved(at.host, (decision, offered) => decision.kind === "Rejected" && of("Refuse.lean")(0, offered));
    expect(rejected.decision.reason).toBe("too clumsy");
    expect(rejected.offered.surface).toBe("inline");
    await workbench.picture("rejected");
  });

  it("is overridden by what the user types instead, and both are recorded", async () => {
    const workbench = await at.window("Override.lean");
    await workbench.newLineBehind(1);
    await workbench.ghostText();
    await workbench.type("exact Or.inr True.intro", 60);
    await workbench.press("Escape");
    await workbench.picture("override-typed");
    const written = await resolved(at.host, (decision, offered) => decision.kind === "Overridden" && of("Override.lean")(0, offered));
    expect(written.decision.text).toBe("exact Or.inr True.intro");
    expect(written.offered.candidate).not.toBe("exact Or.inr True.intro");
    expect(await workbench.saved("Override.lean")).toContain("\n  exact Or.inr True.intro\n");
  });

  it("keeps out of the way while \\alpha is typed", async () => {
    const workbench = await at.window("Alpha.lean");
    await workbench.newLineBehind(1);
    await workbench.ghostText();
    await workbench.type("\\alpha", 150);
    expect(await workbench.ghost().count()).toBe(0);
    await workbench.picture("abbreviation");
    await workbench.type(" ");
    await workbench.press("Escape");
    expect(await workbench.saved("Alpha.lean")).toContain("\n  \\alpha \n");
    const events = await offeredIn(at.host, "Alpha.lean");
    expect(events.length).toBeGreaterThan(0);
  });
});
