/** What is measured in the page itself, with its own clock: from a key going down to what is shown. */

import type { Page } from "playwright-core";

/** Milliseconds from the next key going down to ghost text being shown; called before the key. */
export function awaitGhost(page: Page, timeoutMs: number): Promise<number> {
  return page.evaluate(
    (limit) =>
      new Promise<number>((resolve) => {
        let began = 0;
        const done = (took: number): void => {
          observer.disconnect();
          clearTimeout(timer);
          resolve(took);
        };
        const observer = new MutationObserver(() => {
          if (began > 0 && document.querySelector(".ghost-text-decoration")) done(performance.now() - began);
        });
        const timer = setTimeout(() => done(NaN), limit);
        window.addEventListener("keydown", () => (began = performance.now()), { once: true, capture: true });
        observer.observe(document.body, { subtree: true, childList: true, characterData: true });
      }),
    timeoutMs,
  );
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
