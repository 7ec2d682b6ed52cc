/**
 * Arrow keys inside a list, a grid or a tree: one tab stop each, and arrows within it.
 *
 * Rows are marked `data-row`; what can have the focus in a row is a button or has a tabindex.
 * Up and down change the row, left and right move inside it, Home and End go to the first and last.
 */

import { target } from "./grid";

const ITEMS = "button:not([disabled]), [tabindex]";

/** Give a container one tab stop and arrow keys. Call it again after each rendering. */
export function makeRoving(container: HTMLElement): void {
  const items = [...container.querySelectorAll<HTMLElement>(ITEMS)];
  const active = items.find((item) => item === document.activeElement) ?? items[0];
  for (const item of items) item.tabIndex = item === active ? 0 : -1;
  if (container.dataset["roving"] !== undefined) return;
  container.dataset["roving"] = "";
  container.addEventListener("keydown", (event) => moveOn(container, event));
  container.addEventListener("focusin", (event) => settle(container, event.target));
}

function settle(container: HTMLElement, focused: EventTarget | null): void {
  for (const item of container.querySelectorAll<HTMLElement>(ITEMS)) item.tabIndex = item === focused ? 0 : -1;
}

function moveOn(container: HTMLElement, event: KeyboardEvent): void {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || event.altKey || event.ctrlKey || event.metaKey) return;
  const rows = [...container.querySelectorAll<HTMLElement>("[data-row]")].map(
    (row) => (row.matches(ITEMS) ? [row] : [...row.querySelectorAll<HTMLElement>(ITEMS)]),
  );
  const next = target(rows.filter((row) => row.length > 0), focused, event.key);
  if (!next) return;
  event.preventDefault();
  next.focus();
}
