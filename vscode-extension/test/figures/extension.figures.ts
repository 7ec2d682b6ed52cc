/** The figures of the extension, taken in one run; prints the table of docs/experiments.md. */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";

import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, inject, it } from "vitest";

import { launch } from "../e2e/support/browser";
import { Host } from "../e2e/support/host";
import { BIN, leanKind } from "../e2e/support/places";
import { Workbench } from "../e2e/support/workbench";
import { constantGhost } from "./constantGhost";
import { watchGhost, quantile, watchTyping } from "./probes";
import { timingServer, type Answered } from "./timingServer";

const PLACES = Number(process.env["FD_FIGURES_PLACES"] ?? 21);
const BLOCKS = Number(process.env["FD_FIGURES_BLOCKS"] ?? 10);
const WINDOWS = 5;
const LINE = "have h := Nat.le_of_lt hn";
const DEFAULTS = { "fd-prover.suggest.firstS": 0.8, "fd-prover.suggest.budgetS": 2, "fd-prover.lean.candidateS": 5 };

const scratch = mkdtempSync(join(tmpdir(), "fd-figures-"));
const timed = timingServer(scratch);
const rows: string[] = [];
let browser: Browser;
let ours: Host;
let bare: Host;

beforeAll(async () => {
  const settings = { ...DEFAULTS, "fd-prover.store.consent": "yes", "fd-prover.server.path": timed.command };
  ours = await Host.start({ vsix: [inject("vsix")], settings, environment: { FD_TIMING_LOG: timed.log } });
  bare = await Host.start({ vsix: [constantGhost(scratch)] });
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
  await ours.stop();
  await bare.stop();
  rmSync(scratch, { recursive: true, force: true });
  const load = loadavg().map((each) => each.toFixed(1)).join(", ");
  process.stdout.write(`\n${leanKind()} Lean, load ${load}\n\n| what | figure | bar |\n|---|---|---|\n${rows.join("\n")}\n`);
});

function theorems(): string {
  const one = (n: number): string => `theorem figure_${String(n)} (p q : Prop) (h : p ∧ q) (n : Nat) : q ∧ p := by\n`;
  return Array.from({ length: PLACES }, (_, n) => one(n)).join("\n");
}

async function ghosts(host: Host, name: string, answered: () => Answered[]): Promise<{ total: number[]; server: number[] }> {
  const folder = host.workspace(name);
  writeFileSync(join(folder, "Figures.lean"), theorems());
  const workbench = await Workbench.open(browser, host, folder, "Figures.lean");
  const [total, server]: [number[], number[]] = [[], []];
  for (let place = 0; place < PLACES; place++) {
    await workbench.goTo(place * 3 + 1, 1000); // two lines each, and the one written before
    await workbench.page.waitForTimeout(1200); // the cursor rests; nothing of what came before is pending
    await workbench.press("Escape");
    const before = answered().length;
    const ghost = await watchGhost(workbench.page, 10_000);
    await workbench.press("Enter");
    const took = await ghost();
    const answers = answered().slice(before).filter((answer) => answer.items > 0);
    if (process.env["FD_FIGURES_DEBUG"]) process.stdout.write(`${name} ${String(place)}: ${took.toFixed(0)} ms ${JSON.stringify(answered().slice(before))}\n`);
    if (place > 0 && took !== -1) {
      total.push(took); // the first one is cold
      server.push(answers.at(-1)?.ms ?? NaN);
    }
  }
  await workbench.close();
  return { total, server };
}

it("keystroke to ghost text", async () => {
  const alone = await ghosts(bare, "bare", () => []);
  const full = await ghosts(ours, "ours", timed.answers);
  const rest = full.total.map((total, n) => total - (full.server[n] ?? NaN));
  const [p50, p95] = [quantile(full.total, 0.5), quantile(full.total, 0.95)];
  const answered = `${String(full.total.filter(Number.isFinite).length)} of ${String(full.total.length)}`;
  const share = quantile(rest, 0.5) - quantile(alone.total, 0.5);
  rows.push(`| keystroke → ghost text, warm, server included (${answered} answered) | p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms | p50 ≤ 500 ms |`);
  rows.push(`| of it: the server's answer | p50 ${quantile(full.server, 0.5).toFixed(0)} ms | – |`);
  rows.push(`| of it: the workbench alone (an extension that answers a constant at once) | p50 ${quantile(alone.total, 0.5).toFixed(0)} ms | – |`);
  rows.push(`| of it: the extension's own share (what remains) | p50 ${share.toFixed(0)} ms | ≤ 30 ms |`);
  expect(Number.isFinite(p50)).toBe(true);
});

it("typing with the extension and without, in alternating blocks", async () => {
  const [on, off, control] = [await typing("on", true), await typing("off", false), await typing("control", false)];
  const [ratios, noise]: [number[], number[]] = [[], []];
  const medians: number[] = [];
  for (let block = 0; block <= BLOCKS; block++) {
    const order = block % 2 ? [on, off, control] : [control, off, on];
    const took = new Map<unknown, number>();
    for (const each of order) took.set(each, quantile(await each.block(), 0.5));
    const without = took.get(off) ?? NaN;
    if (block === 0) continue;
    medians.push(took.get(on) ?? NaN);
    ratios.push((took.get(on) ?? NaN) / without);
    noise.push((took.get(control) ?? NaN) / without);
  }
  const spread = (all: number[]): string => `median ${quantile(all, 0.5).toFixed(3)} (${quantile(all, 0.1).toFixed(2)} to ${quantile(all, 0.9).toFixed(2)})`;
  const blocks = `${String(BLOCKS)} pairs of blocks of ${String(LINE.length)} keys`;
  rows.push(`| typing, key → frame, ${blocks}: on / off | ${spread(ratios)}; on: ${quantile(medians, 0.5).toFixed(1)} ms | ≤ 1.05 |`);
  rows.push(`| the same, off / off: what the machine's noise makes of it | ${spread(noise)} | – |`);
  for (const each of [on, off, control]) await each.workbench.close();
  expect(ratios.every(Number.isFinite)).toBe(true);
});

async function typing(name: string, isOn: boolean): Promise<{ workbench: Workbench; block(): Promise<number[]> }> {
  const folder = ours.workspace(`typing-${name}`);
  mkdirSync(join(folder, ".vscode"));
  writeFileSync(join(folder, ".vscode", "settings.json"), JSON.stringify({ "fd-prover.enable": isOn }));
  writeFileSync(join(folder, "Typing.lean"), "theorem typed (n : Nat) (hn : 1 < n) : 0 < n := by\n  omega\n");
  const workbench = await Workbench.open(browser, ours, folder, "Typing.lean");
  await workbench.statusSays(isOn ? /FD (idle|thinking|nothing)/ : /FD off/);
  await workbench.goTo(1, 1000);
  const taken = await watchTyping(workbench.page);
  const block = async (): Promise<number[]> => {
    await workbench.press("Enter");
    await taken();
    await workbench.type(LINE, 70);
    const took = await taken();
    await workbench.press("Escape", "Control+Shift+k", "ArrowUp", "End");
    return took;
  };
  return { workbench, block };
}

it("activation, and nothing before a Lean file", async () => {
  const folder = ours.workspace("activation");
  writeFileSync(join(folder, "notes.txt"), "no Lean here\n");
  const before = await Workbench.open(browser, ours, folder, "notes.txt");
  expect(await (await runningExtensions(before)).count()).toBe(0);
  await before.close();
  const took: number[] = [];
  for (let window = 0; window < WINDOWS; window++) {
    const workbench = await Workbench.open(browser, ours, folder, "Ghost.lean");
    await workbench.isReady();
    const said = (await (await runningExtensions(workbench)).first().textContent()) ?? "";
    took.push(Number(/Activation: (\d+)\s*ms/.exec(said)?.[1] ?? NaN));
    if (window === 0) await workbench.picture("running-extensions");
    await workbench.close();
  }
  const each = took.map(String).join(", ");
  rows.push(`| activation, as the extension host tells it (loading the code included), ${String(WINDOWS)} windows: ${each} ms | median ${quantile(took, 0.5).toFixed(0)} ms; not active before a Lean file was open | ≤ 100 ms |`);
  expect(took.every(Number.isFinite)).toBe(true);
});

async function runningExtensions(workbench: Workbench): Promise<Locator> {
  await workbench.command("Developer: Show Running Extensions");
  const rows = workbench.page.locator(".runtime-extensions-editor .monaco-list-row");
  await rows.first().waitFor();
  return rows.filter({ hasText: "FD Prover" });
}

it("package", () => {
  const code = "import sys, zipfile; print(sum(i.compress_size for i in zipfile.ZipFile(sys.argv[1]).infolist() if not i.filename.endswith('.whl')))";
  const bytes = Number(execFileSync(join(BIN, "python"), ["-c", code, inject("vsix")], { encoding: "utf8" }));
  rows.push(`| package, without the server's wheel | ${(bytes / 1e6).toFixed(2)} MB | ≤ 1 MB |`);
  expect(bytes).toBeLessThan(1e6);
});
