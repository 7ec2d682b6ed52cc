/** Commands beside the proof itself: explanation, verdict on one's own text, records, doctor, diagnostics, walkthrough. */

import { describe, expect, it } from "vitest";

import { suite } from "./support/suite";
import { SLOW_MS, type Workbench } from "./support/workbench";

const at = suite({ settings: { "fd-prover.store.consent": "yes" } });
const rows = (workbench: Workbench, words: string) =>
  workbench.page.locator(".quick-input-list .monaco-list-row", { hasText: words }).first();

/** Text of the webview that stands for a rendered page. */
async function pageSays(workbench: Workbench, words: RegExp): Promise<void> {
  const read = async (): Promise<string> => {
    const texts = await Promise.all(workbench.page.frames().map((frame) => frame.locator("body").innerText({ timeout: 2000 }).catch(() => "")));
    return texts.join("\n");
  };
  await expect.poll(read, { timeout: SLOW_MS }).toMatch(words);
}

describe("the palette", () => {
  it("explains a suggestion, and judges the user's own text", async () => {
    const workbench = await at.own(at.host.workspace("explain"), "Ghost.lean");
    await workbench.isReady();
    await workbench.newLineBehind(1);
    await workbench.ghostText();
    await workbench.command("FD Prover: Explain Suggestion");
    // A list only if there are several.
    const isAsked = rows(workbench, "closes the goal").waitFor({ timeout: 4000 }).then(() => true);
    if (await isAsked.catch(() => false)) await workbench.press("Enter");
    await pageSays(workbench, /Lean's verdict: closes the goal/);
    await workbench.picture("explained");
    await workbench.press("Control+1");
    await workbench.command("FD Prover: Why Not");
    await workbench.page.locator(".quick-input-widget input.input").waitFor();
    await workbench.type("exact nonsense");
    await workbench.press("Enter");
    await pageSays(workbench, /Lean refuses it/);
    await workbench.picture("why-not");
  });

  it("shows what is recorded, in a page that nobody must save", async () => {
    const workbench = await at.own(at.host.workspace("records"), "Ghost.lean");
    await workbench.isReady();
    await workbench.command("FD Prover: What Is Recorded");
    await rows(workbench, "Show the records").waitFor();
    await workbench.picture("records-view");
    expect(await workbench.page.locator(".quick-input-widget").innerText()).toMatch(/\d+ offered/);
    await workbench.press("Enter");
    await workbench.page.locator('.tab.active[data-resource-name="records.jsonl"]').waitFor();
    await workbench.says(/suggestion_id|"uri"/);
    await workbench.picture("records-shown");
  });

  it("runs the doctor in a terminal that stays", async () => {
    const workbench = await at.own(at.host.workspace("doctor"), "Ghost.lean");
    await workbench.isReady();
    await workbench.command("FD Prover: Run Doctor in a Terminal");
    const terminal = workbench.page.locator(".terminal-wrapper");
    await terminal.first().waitFor();
    await workbench.page.locator(".terminal-tabs-entry, .single-terminal-tab", { hasText: "doctor" }).first().waitFor();
    await new Promise((resolve) => setTimeout(resolve, 8000)); // by then a shell that had ended would be gone
    expect(await terminal.first().isVisible()).toBe(true);
    await workbench.picture("doctor");
  });

  it("opens the walkthrough", async () => {
    const workbench = await at.own(at.host.workspace("walk"), "Ghost.lean");
    await workbench.isReady();
    await workbench.command("FD Prover: Open Walkthrough");
    await expect.poll(() => workbench.page.locator(".gettingStartedContainer").innerText(), { timeout: SLOW_MS }).toMatch(/Get started with FD Prover/);
    await workbench.picture("walkthrough");
  });
});
