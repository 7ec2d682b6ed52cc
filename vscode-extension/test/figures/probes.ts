/** What is measured in the page itself, with its own clock: from a key going down to what is shown. */

import type { Page } from "playwright-core";

/** Ready for a key: resolves to what then waits for ghost text, in milliseconds from that key going down. */
export async function watchGhost(page: Page, timeoutMs: number): Promise<() => Promise<number>> {
  await page.evaluate((limit) => {
    const took = new Promise<number>((resolve) => {
      let began = 0;
      const isShown = (): boolean => document.querySelector(".ghost-text-decoration") !== null;
      const observer = new MutationObserver(() => {
        if (began > 0 && isShown()) done(performance.now() - began);
      });
      const timer = setTimeout(() => done(NaN), limit);
      const done = (milliseconds: number): void => {
        observer.disconnect();
        clearTimeout(timer);
        resolve(milliseconds);
      };
      const pressed = (): void => {
        began = performance.now();
        if (isShown()) done(-1);
      };
      window.addEventListener("keydown", pressed, { once: true, capture: true });
      observer.observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    Object.assign(window, { fdGhost: took });
  }, timeoutMs);
  return () => page.evaluate(() => (window as unknown as { fdGhost: Promise<number> }).fdGhost);
}

/** For each of the keys to come: milliseconds from its going down to the frame that shows it. */
export async function watchTyping(page: Page): Promise<() => Promise<number[]>> {
  await page.evaluate(() => {
    const took: number[] = [];
    Object.assign(window, { fdTook: took });
    const lines = document.querySelector(".editor-group-container.active .view-lines");
    let began = 0;
    const observer = new MutationObserver(() => {
      if (began === 0) return;
      const start = began;
      began = 0;
      requestAnimationFrame(() => took.push(performance.now() - start));
    });
    window.addEventListener("keydown", () => (began = performance.now()), { capture: true });
    if (lines) observer.observe(lines, { subtree: true, childList: true, characterData: true });
  });
  return () => page.evaluate(() => (window as unknown as { fdTook: number[] }).fdTook.splice(0));
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.filter(Number.isFinite).sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
