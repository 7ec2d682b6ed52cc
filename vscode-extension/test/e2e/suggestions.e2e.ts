/** Ghost text and what becomes of it: every scenario asserts the text and the rows in the store. */

import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, it } from "vitest";

import { DATA } from "./support/places";
import { offered, offeredIn, resolved, type Resolved } from "./support/store";
import { suite } from "./support/suite";
import { plain, type Workbench } from "./support/workbench";

const at = suite({ settings: { "fd-prover.store.consent": "yes" } });
const of = (file: string) => (_: unknown, offered: { uri?: string }) => (offered.uri ?? "").endsWith(file);

// The same theorem again, for a scenario of its own: what Lean says to it is recorded once.
beforeAll(() => {
  mkdirSync(at.host.folder("shared"), { recursive: true });
  copyFileSync(join(DATA, "project", "Cycle.lean"), join(at.host.folder("shared"), "Completed.lean"));
});

/** Goes through the questions of a rejection; what was rejected, as the store tells it. */
async function rejectedAs(workbench: Workbench, file: string, reason: string): Promise<Resolved["offered"]> {
  const [which, why] = [{ words: "Which one do you reject?" }, { words: "Rejecting “" }];
  // Which one is asked only where there are several.
  if ((await workbench.quick.isAskingOneOf(which, why)) === which) await workbench.quick.choose(which, "", "closes the goal");
  await workbench.quick.isAsking(why);
  await workbench.picture("reject-reason");
  await workbench.quick.choose(why, reason, reason);
  const { decision, offered } = await resolved(at.host, (decision, offered) => decision.kind === "Rejected" && of(file)(0, offered));
  expect(decision.reason).toBe(reason);
  return offered;
}

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

  it("stands in the completion list, too, with what Lean said to it", async () => {
    const workbench = await at.window("Completed.lean");
    await workbench.newLineBehind(1);
    const ghost = await workbench.ghostText();
    await workbench.press("Control+Space");
    const row = workbench.page.locator(".suggest-widget .monaco-list-row", { hasText: ghost }).first();
    await row.waitFor();
    expect(plain((await row.getAttribute("aria-label")) ?? "")).toMatch(/closes the goal/);
    await workbench.picture("completion");
    await workbench.press("Enter");
    expect(await workbench.saved("Completed.lean")).toMatch(/\n {2}\S/);
    const taken = await resolved(at.host, (decision, offered) => decision.kind === "Accepted" && of("Completed.lean")(0, offered));
    expect(["completion", "inline"]).toContain(taken.offered.surface); // one text, offered twice
  });

  it("lists the alternatives with verdict and milliseconds, in the hover and in a list", async () => {
    const workbench = await at.window("Listed.lean");
    await workbench.newLineBehind(1);
    await workbench.ghostText();
    await workbench.press("Control+k", "Control+i");
    const hover = workbench.page.locator(".monaco-hover", { hasText: /Lean accepted \d+ here/ }).first();
    await hover.waitFor();
    expect(plain((await hover.textContent()) ?? "")).toMatch(/closes the goal · [\d.]+ ms · portfolio[^]*Take · Explain · Reject/);
    await workbench.picture("alternatives-hover");
    await workbench.hasFocus();
    await workbench.command("FD Prover: Show Alternatives with Verdicts");
    await workbench.quick.isAsking({ words: "Each was accepted by Lean" });
    const first = workbench.quick.row(/closes the goal.*ms/).first();
    await first.waitFor();
    await workbench.picture("alternatives-listed");
    expect((await workbench.quick.row(/./).first().textContent()) ?? "").toMatch(/closes the goal.*ms/);
    await workbench.press("Escape");
    await workbench.quick.isDone({ words: "Each was accepted by Lean" });
  });

  it("is rejected by a command, and that is recorded", async () => {
    const workbench = await at.window("Refuse.lean");
    await workbench.newLineBehind(1);
    const ghost = await workbench.ghostText();
    await workbench.command("FD Prover: Reject Suggestion");
    const rejected = await rejectedAs(workbench, "Refuse.lean", "too clumsy");
    expect(rejected).toMatchObject({ surface: "inline", candidate: ghost });
    expect(await workbench.ghost().count()).toBe(0);
    await workbench.picture("rejected");
  });

  it("is rejected by keys that are faster than the server: what is on the screen counts", async () => {
    const workbench = await at.window("Killed.lean");
    await workbench.newLineBehind(1);
    const ghost = await workbench.ghostText();
    const own = ghost.slice(0, 3);
    await workbench.type(own);
    await workbench.press("Control+k", "x"); // in the run of keys nothing has been asked since
    const rejected = await rejectedAs(workbench, "Killed.lean", "wrong idea");
    expect(rejected.candidate).toBe(ghost);
    await workbench.hasFocus();
    expect(await workbench.text()).toContain(`\n  ${own}\n`);
  });

  it("is overridden by what the user types instead, and both are recorded", async () => {
    const workbench = await at.window("Override.lean");
    await workbench.newLineBehind(1);
    await workbench.ghostText();
    // What is written within a tenth of a second of the answer was not written instead of it: nobody has
    // seen it by then. No person would; this test would.
    await offered(at.host, "Override.lean");
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
