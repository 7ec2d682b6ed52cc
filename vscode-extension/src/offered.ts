/**
 * What is offered as ghost text at the moment: the last answer for each document, as long as the
 * document has that version. Hover, "Show Alternatives" and "Reject" read it.
 */

import type { InlineCompletionItem, Position, TextDocument } from "vscode";

/** One item of ghost text. `verdict` is the server's sentence: what it does, its cost, its origin. */
export interface OfferedItem {
  readonly id: string;
  readonly text: string;
  readonly verdict: string;
  readonly item: InlineCompletionItem;
}

export interface Offered {
  readonly uri: string;
  readonly version: number;
  readonly position: Position;
  readonly items: readonly OfferedItem[];
}

export class OfferedItems {
  private last: Offered | undefined;

  /** An answer arrived; an empty one takes the offer back. */
  remember(document: TextDocument, position: Position, items: readonly InlineCompletionItem[]): void {
    const known = items.flatMap(read);
    this.last = { uri: document.uri.toString(), version: document.version, position, items: known };
  }

  /** What is offered in a document as it is now; undefined if nothing was asked there. */
  in(document: TextDocument): Offered | undefined {
    const { last } = this;
    const fits = last?.uri === document.uri.toString() && last.version === document.version;
    return fits ? last : undefined;
  }

  forget(id: string): void {
    if (this.last !== undefined) {
      this.last = { ...this.last, items: this.last.items.filter((item) => item.id !== id) };
    }
  }
}

function read(item: InlineCompletionItem): OfferedItem[] {
  const id: unknown = item.command?.arguments?.[0];
  if (typeof id !== "string") {
    return [];
  }
  const text = typeof item.insertText === "string" ? item.insertText : item.insertText.value;
  return [{ id, text, verdict: item.command?.title ?? "", item }];
}
