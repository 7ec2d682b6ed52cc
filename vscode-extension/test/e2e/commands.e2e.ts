/** Commands beside the proof itself: explanation, verdict on one's own text, records, doctor, diagnostics, walkthrough. */

import { describe, expect, it } from "vitest";

import { SLOW_MS } from "./support/places";
import { suite } from "./support/suite";
import { plain, type Workbench } from "./support/workbench";

const at = suite({ settings: { "fd-prover.store.consent": "yes" } });

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
    const workbench = await at.window("Ghost.lean");
    await workbench.newLineBehind(1);
    await workbench.ghostText();
    await workbench.command("FD Prover: Explain Suggestion");
    const which = { words: "Which one is to be explained?" };
    const verdict = pageSays(workbench, /Lean's verdict: closes the goal/);
    // A list only if there are several.
    const list = workbench.quick.isAsking(which).catch(() => undefined);
    if ((await Promise.race([verdict.then(() => "page"), list.then(() => "list")])) === "list") {
      await workbench.quick.choose(which, "", "closes the goal");
    }
    await verdict;
    await workbench.picture("explained");
    await workbench.press("Control+1");
    await workbench.hasFocus();
    await workbench.command("FD Prover: Why Not");
    await workbench.quick.answer({ words: "what does Lean say to it?" }, "simp"); // no progress here
    await pageSays(workbench, /Lean refuses it/);
    await workbench.picture("why-not");
  });

  it("shows what is recorded, in a page that nobody must save", async () => {
    const workbench = await at.window("Cycle.lean");
    await workbench.command("FD Prover: What Is Recorded");
    await workbench.quick.row("Show the records").waitFor();
    await workbench.picture("records-view");
    expect(await workbench.quick.widget.innerText()).toMatch(/\d+ offered/);
    await workbench.quick.choose({ words: " offered" }, "", "Show the records");
    await workbench.page.locator('.tab.active[data-resource-name="records.jsonl"]').waitFor();
    await workbench.says(/suggestion_id|"uri"/);
    await workbench.picture("records-shown");
  });

  it("shows the log", async () => {
    const workbench = await at.window("Listed.lean");
    await workbench.logSays(/activated in [\d.]+ ms[^]*starting .*fd-server \(found by: setting\)/);
    await workbench.picture("log");
    await workbench.press("Control+1");
    await workbench.hasFocus();
  });

  it("runs the doctor in a terminal that stays", async () => {
    const workbench = await at.window("Listed.lean");
    await workbench.command("FD Prover: Run Doctor in a Terminal");
    const terminal = workbench.page.locator(".terminal-wrapper .xterm-rows");
    await workbench.page.locator(".terminal-tabs-entry, .single-terminal-tab", { hasText: "doctor" }).first().waitFor();
    // The workbench says this when the program has ended; a terminal that goes with it says nothing.
    await expect.poll(async () => plain((await terminal.first().textContent()) ?? ""), { timeout: SLOW_MS }).toMatch(/press any key to close/);
    await workbench.picture("doctor");
  });

  it("opens the walkthrough", async () => {
    const workbench = await at.window("Listed.lean");
    await workbench.command("FD Prover: Open Walkthrough");
    await expect.poll(() => workbench.page.locator(".gettingStartedContainer").innerText(), { timeout: SLOW_MS }).toMatch(/Get started with FD Prover/);
    await workbench.picture("walkthrough");
  });
});
