/**
 * The alternatives behind a ghost text, with verdict, origin and milliseconds: in a hover where it
 * was offered, and as a list one can choose from with the keyboard. (A ghost text itself can carry
 * no words of its own: that is proposed API.)
 */

import {
  Hover,
  MarkdownString,
  window,
  type Position,
  type QuickPickItem,
  type TextDocument,
  type TextEditor,
} from "vscode";

import type { Offered, OfferedItem, OfferedItems } from "./offered";

export const LINKED = ["fd-prover.takeSuggestion", "fd-prover.explainSuggestion", "fd-prover.rejectSuggestion"];

/** The hover on a line where something is offered. */
export function alternativesHover(
  offered: OfferedItems,
  document: TextDocument,
  position: Position,
): Hover | undefined {
  const found = offered.in(document);
  if (found === undefined || found.items.length === 0 || found.position.line !== position.line) {
    return undefined;
  }
  return new Hover(asMarkdown(found));
}

function asMarkdown(found: Offered): MarkdownString {
  const text = new MarkdownString("", true);
  text.isTrusted = { enabledCommands: LINKED };
  text.appendMarkdown(`**FD Prover**: Lean accepted ${found.items.length} here\n`);
  found.items.forEach((item, index) => {
    text.appendMarkdown(`\n${index + 1}. `);
    text.appendText(item.verdict);
    text.appendMarkdown(` — ${links(item)}\n`);
    text.appendCodeblock(item.text.trim(), "lean4");
  });
  return text;
}

function links(item: OfferedItem): string {
  const argument = encodeURIComponent(JSON.stringify([item.id]));
  const [take, explain, reject] = LINKED;
  return [
    `[Take](command:${take}?${argument})`,
    `[Explain](command:${explain}?${argument})`,
    `[Reject](command:${reject}?${argument})`,
  ].join(" · ");
}

interface Choice extends QuickPickItem {
  readonly offered: OfferedItem;
}

/** Let the user choose one of the alternatives; undefined if none was chosen. */
export async function chooseAlternative(
  items: readonly OfferedItem[],
  placeHolder: string,
): Promise<OfferedItem | undefined> {
  const choices: Choice[] = items.map((offered) => ({
    label: firstLine(offered.text),
    detail: offered.verdict,
    offered,
  }));
  const chosen = await window.showQuickPick(choices, { placeHolder, matchOnDetail: true });
  return chosen?.offered;
}

/** Write an item where it was offered; false if the editor did not take the edit. */
export async function take(editor: TextEditor, offered: OfferedItem): Promise<boolean> {
  return editor.edit((edit) => edit.replace(offered.range, offered.text));
}

function firstLine(text: string): string {
  const [first = "", ...rest] = text.trim().split("\n");
  return rest.length > 0 ? `${first} …` : first;
}
