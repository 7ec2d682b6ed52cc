/**
 * The workbench's one quick input: palette, file finder, lists and boxes are all the same element. So
 * before a key goes down it is made sure which of them is open, that it has the focus, and which row
 * Enter will take. A key that is too early lands in the editor, or in the list before.
 */

import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

import { SLOW_MS } from "./places";

/** What stands in the input, or says in words what is asked. */
export interface Asked {
  /** The beginning of the input's value, as `>` in the palette. */
  readonly prefix?: string;
  /** Words of the placeholder, title or message. */
  readonly words?: string;
}

export class QuickInput {
  readonly widget: Locator;
  private readonly input: Locator;

  constructor(private readonly page: Page) {
    this.widget = page.locator(".quick-input-widget");
    this.input = this.widget.locator("input.input");
  }

  /** Wait until this one is open and takes the keys. */
  async isAsking(asked: Asked): Promise<void> {
    await this.page.waitForFunction(isOpen, { ...asked, open: true }, { polling: "raf" });
  }

  /** Wait until the first of some is open; which one. */
  async isAskingOneOf(...several: readonly Asked[]): Promise<Asked> {
    let found: Asked | undefined;
    const look = async (): Promise<boolean> => {
      for (const asked of several) {
        if (await this.page.evaluate(isOpen, { ...asked, open: true })) found = asked;
      }
      return found !== undefined;
    };
    await expect.poll(look, { timeout: SLOW_MS }).toBe(true);
    return found ?? {};
  }

  /** Wait until this one is gone, whatever is open instead. */
  async isDone(asked: Asked): Promise<void> {
    await this.page.waitForFunction(isOpen, { ...asked, open: false }, { polling: "raf" });
  }

  /** Replace what is in the input, and take the row that is marked once that row is the one meant. */
  async choose(asked: Asked, text: string, row: string): Promise<void> {
    await this.isAsking(asked);
    if (text !== "") await this.input.fill(text);
    await this.row(row).and(this.page.locator(".focused")).first().waitFor();
    await this.page.keyboard.press("Enter");
    await this.isDone(text !== "" && asked.prefix !== undefined ? { prefix: text } : asked);
  }

  /** Write into an input without rows, and confirm it. */
  async answer(asked: Asked, text: string): Promise<void> {
    await this.isAsking(asked);
    await this.input.fill(text);
    await this.page.keyboard.press("Enter");
    await this.isDone(asked.prefix === undefined ? asked : { prefix: text });
  }

  row(text: string | RegExp): Locator {
    return this.widget.locator(".quick-input-list .monaco-list-row", { hasText: text });
  }
}

/** Runs in the page: is this quick input open and focused (or, with `open: false`, not open)? */
function isOpen({ prefix = "", words = "", open }: Asked & { readonly open: boolean }): boolean {
  const widget = document.querySelector<HTMLElement>(".quick-input-widget");
  const input = widget?.querySelector<HTMLInputElement>("input.input");
  const isShown = widget !== null && input !== null && input !== undefined && widget.style.display !== "none";
  const headings = [...(widget?.querySelectorAll(".quick-input-title, .quick-input-message") ?? [])];
  const said = [input?.placeholder, ...headings.map((each) => each.textContent)].join("\n");
  const isThis = isShown && input.value.startsWith(prefix) && said.includes(words);
  return open ? isThis && document.activeElement === input : !isThis;
}
