/** The window around the proof: two folders, a long file, a server that dies, and the panel. */

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, it } from "vitest";

import { offered, resolved } from "./support/store";
import { suite } from "./support/suite";
import { DATA, SLOW_MS } from "./support/places";

const at = suite({ settings: { "fd-prover.store.consent": "yes" } });
const LINES = 3000;

// There before a window is: the file finder may have listed the folder already.
beforeAll(() => {
  const head = Array.from({ length: LINES }, (_, n) => `theorem line_${String(n)} : ${String(n)} = ${String(n)} := rfl`);
  mkdirSync(at.host.folder("shared"), { recursive: true });
  const write = (name: string, text: string): void => writeFileSync(join(at.host.folder("shared"), name), text);
  write("Long.lean", [...head, "theorem last (p q : Prop) (h : p ∧ q) : q ∧ p := by", ""].join("\n"));
  for (const name of ["is renamed", "is deleted", "is no UTF-8 any more"]) {
    write(`Moved ${name}.lean`, "theorem moved (p : Prop) (h : p) : p := by\n");
    write(`Next ${name}.lean`, readFileSync(join(DATA, "project", "Cycle.lean"), "utf8"));
  }
});

describe("workspaces", () => {
  it("serves two folders with one server", async () => {
    const [one, two] = [at.host.workspace("one"), at.host.workspace("two")];
    const file = join(at.host.scratch, "both.code-workspace");
    writeFileSync(file, JSON.stringify({ folders: [{ path: one }, { path: two }] }));
    const workbench = await at.own(file, join(one, "Ghost.lean"));
    await workbench.isReady();
    await workbench.newLineBehind(1);
    await workbench.ghostText();
    await workbench.press("Escape");
    await workbench.openFile("Cycle.lean");
    await workbench.newLineBehind(1);
    await workbench.ghostText();
    await workbench.picture("two-folders");
    expect(at.host.servers()).toHaveLength(1);
    await offered(at.host, "one/Ghost.lean");
    await offered(at.host, "Cycle.lean");
  });
});

describe("the server", () => {
  it("is started again once when it dies, and that is said once", async () => {
    const workbench = await at.window("Killed.lean");
    const [before] = at.host.servers();
    process.kill(before ?? 0, "SIGKILL");
    await expect.poll(() => at.host.servers().filter((pid) => pid !== before).length, { timeout: SLOW_MS }).toBe(1);
    const said = workbench.notification(/FD Prover/);
    await said.first().waitFor();
    await workbench.isReady();
    await workbench.picture("server-restarted");
    expect(await said.count()).toBe(1);
    await workbench.newLineBehind(1);
    await workbench.ghostText();
    expect(at.host.servers()).toHaveLength(1);
  });
});

describe("a long file", () => {
  it("of 3,000 lines has ghost text at its end", async () => {
    const workbench = await at.window("Long.lean");
    await workbench.newLineBehind(LINES + 1);
    const ghost = await workbench.ghostText();
    await workbench.picture("long-file");
    await workbench.press("Tab");
    expect((await workbench.saved("Long.lean")).split("\n")[LINES + 1]).toBe(`  ${ghost.split("\n")[0] ?? ""}`);
    const taken = await resolved(at.host, (decision, offered) => decision.kind === "Accepted" && (offered.uri ?? "").endsWith("Long.lean"));
    expect(taken.offered.candidate).toBe(ghost);
  });
});

describe("a file that", () => {
  it.each([
    ["is renamed", (file: string) => renameSync(file, file.replace("Moved", "Gone"))],
    ["is deleted", (file: string) => rmSync(file)],
    ["is no UTF-8 any more", (file: string) => writeFileSync(file, Buffer.from([0x74, 0xff, 0xfe, 0x00, 0x0a]))],
  ] as const)("%s behind the editor's back: one goes on writing, and the server serves the next", async (name, happens) => {
    const file = `Moved ${name}.lean`;
    const workbench = await at.window(file);
    const [before] = at.host.servers();
    await workbench.newLineBehind(1);
    happens(join(at.host.folder("shared"), file));
    await workbench.type("-- goes on\n");
    await workbench.says(/-- goes on/);
    await workbench.picture(`file-${name.replaceAll(" ", "-")}`);
    await workbench.command("View: Revert and Close Editor");
    await workbench.openFile(`Next ${name}.lean`);
    await workbench.newLineBehind(1);
    await workbench.ghostText();
    expect(at.host.servers()).toEqual([before]);
  });
});

describe("the panel", () => {
  it("shows goal, candidates and board, and is used by keyboard", async () => {
    const workbench = await at.window("Fill.lean");
    await workbench.goTo(2, 3);
    await workbench.command("FD Prover: Open Proof Panel");
    const panel = await workbench.panel();
    await panel.locator("#board li").first().waitFor();
    expect(await panel.locator("#board").textContent()).toContain("not_or_iff");
    await panel.locator("#goal pre").first().waitFor();
    expect(await panel.locator("#goal").textContent()).toContain("⊢ ¬(p ∨ q) ↔ ¬p ∧ ¬q");

    await panel.locator("[data-key=suggest]").focus();
    await workbench.press("Enter");
    await panel.locator("#search li.closed [data-key^=take]").first().waitFor();
    await workbench.picture("panel");
    for (let step = 0; step < 12 && !(await focusedKey(panel)).startsWith("take"); step++) await workbench.press("Tab");
    expect(await focusedKey(panel)).toMatch(/^take/);
    await workbench.press("ArrowRight");
    expect(await focusedKey(panel)).toMatch(/^explain/);
    await workbench.press("ArrowLeft", "Enter");
    const taken = await resolved(at.host, (decision, offered) => decision.kind === "Accepted" && (offered.uri ?? "").endsWith("shared/Fill.lean"));
    expect(["session", "code_action"]).toContain(taken.offered.surface); // one text, offered twice
    await expect.poll(() => workbench.page.locator(".view-lines").first().textContent()).toContain((taken.offered.candidate ?? "?").slice(0, 8));
    await panel.locator("#board [data-key^=queue]").first().focus();
    await workbench.press("Enter");
    await panel.locator("#board .badge", { hasText: "tonight" }).first().waitFor();
    await workbench.picture("panel-taken");
  });
});

async function focusedKey(panel: Awaited<ReturnType<Awaited<ReturnType<typeof at.own>>["panel"]>>): Promise<string> {
  return panel.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset["key"] ?? "");
}
