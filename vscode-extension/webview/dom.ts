/** Elements without markup: text is only ever text, and the focus survives a re-rendering. */

type Child = Node | string | undefined | false;

interface Attributes {
  readonly [name: string]: string | boolean | undefined;
}

/** An element with attributes and children; strings become text nodes. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child): child is Node | string => child !== undefined && child !== false));
  return made;
}

/** A button that does one thing; `key` names it across renderings, `label` says more than its text. */
export function button(text: string, key: string, act: () => void, more: Attributes = {}): HTMLButtonElement {
  const made = element("button", { type: "button", "data-key": key, ...more }, text);
  made.addEventListener("click", act);
  return made;
}

/** Put new content in place of the old; what had the focus has it again. */
export function replace(container: HTMLElement, ...children: readonly Child[]): void {
  const focused = document.activeElement;
  const key = focused instanceof HTMLElement && container.contains(focused) ? focused.dataset["key"] : undefined;
  const open = openDetails(container);
  container.replaceChildren(...children.filter((child): child is Node | string => child !== undefined && child !== false));
  for (const details of container.querySelectorAll("details")) {
    details.open = open.get(details.dataset["key"] ?? "") ?? details.open;
  }
  if (key === undefined) return;
  const all = [...container.querySelectorAll<HTMLElement>("[data-key]")];
  const again = all.find((item) => item.dataset["key"] === key) ?? all[0];
  again?.focus();
}

function openDetails(container: HTMLElement): Map<string, boolean> {
  const found = [...container.querySelectorAll("details")];
  return new Map(found.map((details) => [details.dataset["key"] ?? "", details.open]));
}
