/** One window of the workbench, driven by keyboard and read from its page. */

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { Browser, Frame, Locator, Page } from "playwright-core";
import { expect } from "vitest";

import type { Host } from "./host";
import { SCREENSHOTS, SLOW_MS } from "./places";
import { QuickInput } from "./quickInput";

const PALETTE = { prefix: ">" };
const FINDER = { words: "Search files by name", prefix: "" };
const LINE = { prefix: ":" };

export class Workbench {
  readonly quick: QuickInput;

  private constructor(
    readonly page: Page,
    readonly host: Host,
    readonly folder: string,
  ) {
    this.quick = new QuickInput(page);
  }

  /** Open a folder (or workspace file) with one file, and wait until its text is there. */
  static async open(browser: Browser, host: Host, folder: string, file?: string): Promise<Workbench> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    page.setDefaultTimeout(SLOW_MS);
    await page.goto(host.url(folder, file === undefined ? undefined : file.startsWith("/") ? file : join(folder, file)));
    const opened = new Workbench(page, host, folder);
    await page.locator(".monaco-workbench").waitFor();
    if (file !== undefined) await page.locator(".editor-instance .view-line").first().waitFor();
    return opened;
  }

  /** Open another file of the folder in the same window. */
  async openFile(file: string): Promise<void> {
    await this.press("Control+p");
    await this.quick.choose(FINDER, file, file);
    await this.page.locator(`.editor-group-container.active .tab.active[data-resource-name="${file}"]`).waitFor();
    await this.page.locator(".editor-group-container.active .view-line").first().waitFor();
    await this.hasFocus();
  }

  /** Keys go into the text of the active editor. */
  async hasFocus(): Promise<void> {
    await this.page.locator(".editor-group-container.active .monaco-editor.focused").first().waitFor();
  }

  /** A fresh indented line behind a line (counted from one), where a proof goes on. */
  async newLineBehind(line: number, indent = "  "): Promise<void> {
    await this.goTo(line, 1000);
    await this.press("Enter", "Home");
    await this.type(indent);
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  /** A picture for people to look at, in a folder that git ignores. */
  async picture(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  }

  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async type(text: string, delay = 20): Promise<void> {
    await this.page.keyboard.type(text, { delay });
  }

  /** Put the cursor at a line and column, counted from one. */
  async goTo(line: number, column = 1): Promise<void> {
    await this.press("Control+g");
    await this.quick.answer(LINE, `:${String(line)}:${String(column)}`);
    await this.hasFocus();
    await this.page.locator(".statusbar-item", { hasText: new RegExp(`Ln ${String(line)}, Col`) }).first().waitFor();
  }

  /** Run a command by its title. */
  async command(title: string): Promise<void> {
    await this.press("F1");
    await this.quick.choose(PALETTE, `>${title}`, title);
  }

  /** Open the quick fixes at the cursor until one with this title is there. */
  async quickFix(title: string): Promise<Locator> {
    const row = this.page.locator(".action-widget .monaco-list-row", { hasText: title }).first();
    const isThere = async (): Promise<boolean> => {
      await this.press("Escape", "Control+.");
      return row.waitFor({ timeout: 5000 }).then(() => true, () => false);
    };
    await expect.poll(isThere, { timeout: SLOW_MS, interval: 500 }).toBe(true);
    return row;
  }

  ghost(): Locator {
    return this.page.locator(".ghost-text-decoration, .ghost-text-decoration-preview, .suggest-preview-text");
  }

  /** The ghost text that is shown, once there is one. */
  async ghostText(): Promise<string> {
    let shown = "";
    const read = async (): Promise<string> => (shown = plain((await this.ghost().allTextContents()).join("")));
    await expect.poll(read, { timeout: SLOW_MS }).not.toBe("");
    return shown;
  }

  /** The visible lines of the active editor, without ghost text. */
  async text(): Promise<string> {
    const lines = await this.page.locator(".editor-group-container.active .view-lines .view-line").evaluateAll((all) =>
      all
        .map((line) => {
          const copy = line.cloneNode(true) as HTMLElement;
          for (const ghost of copy.querySelectorAll(".ghost-text-decoration, .ghost-text-decoration-preview")) ghost.remove();
          return { top: parseFloat((line as HTMLElement).style.top), text: copy.textContent };
        })
        .sort((one, other) => one.top - other.top)
        .map((line) => line.text),
    );
    return plain(lines.join("\n"));
  }

  /** Save, and read what is on the disk. */
  async saved(file: string): Promise<string> {
    await this.press("Control+s");
    await this.page.locator(".tab.active:not(.dirty)").first().waitFor();
    return readFileSync(join(this.folder, file), "utf8");
  }

  /** Wait until the visible text says something. */
  async says(what: string | RegExp): Promise<void> {
    await expect.poll(() => this.text(), { timeout: SLOW_MS }).toMatch(what);
  }

  /** The status bar item of ours. */
  status(): Locator {
    return this.page.locator('[id="fd-prover.fd-prover.fd-prover.status"], .statusbar-item[id*="fd-prover"]').first();
  }

  async statusSays(what: RegExp): Promise<void> {
    await expect.poll(async () => plain((await this.status().textContent()) ?? ""), { timeout: SLOW_MS }).toMatch(what);
  }

  /** The server runs and waits for questions. */
  async isReady(): Promise<void> {
    await this.statusSays(/FD (idle|thinking|nothing found|out of budget)/);
  }

  notification(text: string | RegExp): Locator {
    return this.page.locator(".notification-toast, .notifications-center .notification-list-item").filter({ hasText: text });
  }

  /** The log is shown, and says something. */
  async logSays(words: RegExp): Promise<void> {
    await expect.poll(() => this.host.log(), { timeout: SLOW_MS }).toMatch(words);
    await this.command("FD Prover: Show Log");
    // The page holds only the lines that are in sight, the last ones; a long one is broken into several.
    const last = this.host.log().trimEnd().split("\n").at(-1)?.slice(-25) ?? "?";
    const shown = async (): Promise<string> => plain((await this.page.locator(".output-view .view-lines").allTextContents()).join("\n"));
    await expect.poll(shown, { timeout: SLOW_MS }).toContain(last);
  }

  /** The panel's page, once it shows something. */
  async panel(): Promise<Frame> {
    let found: Frame | undefined;
    await expect
      .poll(
        async () => {
          for (const frame of this.page.frames()) {
            if ((await frame.locator("main#panel h1").count().catch(() => 0)) > 0) found = frame;
          }
          return found !== undefined;
        },
        { timeout: SLOW_MS },
      )
      .toBe(true);
    if (!found) throw new Error("no panel");
    return found;
  }
}

/** The editor shows spaces as no-break spaces. */
export function plain(text: string): string {
  return text.replaceAll("\u00a0", " ").replaceAll("\u200c", "");
}
