/**
 * What is offered as ghost text at the moment: the last answer for each document, as long as nothing
 * but its own beginning was typed since. Hover, "Show Alternatives" and "Reject" read it.
 *
 * The editor keeps a ghost text on the screen while its letters are typed, and asks anew meanwhile. A
 * command pressed before that answer comes is about what is on the screen.
 */

import { Position, Range, type InlineCompletionItem, type TextDocument, type TextDocumentChangeEvent } from "vscode";

/** One item of ghost text. `verdict` is the server's sentence: what it does, its cost, its origin. */
export interface OfferedItem {
  readonly id: string;
  readonly text: string;
  readonly verdict: string;
  /** What taking it replaces. */
  readonly range: Range;
  /** What of `text` is not in the document yet. */
  readonly rest: string;
}

export interface Offered {
  readonly uri: string;
  readonly version: number;
  readonly position: Position;
  readonly items: readonly OfferedItem[];
  /** Its beginning was typed since the server answered. */
  readonly isTypedInto: boolean;
}

type Change = TextDocumentChangeEvent["contentChanges"][number];

export class OfferedItems {
  private last: Offered | undefined;

  /** An answer arrived; an empty one takes the offer back, unless it is for what the offer begins with. */
  remember(document: TextDocument, position: Position, items: readonly InlineCompletionItem[]): void {
    const known = items.flatMap((item) => read(item, document, position));
    if (known.length > 0 || this.in(document)?.isTypedInto !== true) {
      const { version, uri } = document;
      this.last = { uri: uri.toString(), version, position, items: known, isTypedInto: false };
    }
  }

  /** The text changed: an offer outlives only the typing of its own beginning. */
  changed({ document, contentChanges }: TextDocumentChangeEvent): void {
    if (contentChanges.length === 0 || this.last?.uri !== document.uri.toString()) {
      return;
    }
    const grown = contentChanges.reduce<Offered | undefined>(
      (offered, change) => offered && typedInto(offered, change),
      this.last,
    );
    this.last = grown && { ...grown, version: document.version };
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

/** The offer behind a change; undefined if the change was anything else than its beginning. */
function typedInto(offered: Offered, { range, text }: Change): Offered | undefined {
  const { position } = offered;
  if (!range.isEmpty || !range.start.isEqual(position) || text === "") {
    return undefined;
  }
  const isWhole = offered.items.some(({ rest }) => rest === text);
  const items = offered.items.filter(({ rest }) => rest.startsWith(text));
  if (isWhole || items.length === 0 || text.includes("\n")) {
    return undefined; // it was taken, or something else was written
  }
  const behind = new Position(position.line, position.character + text.length);
  const grown = items.map((item) => ({
    ...item,
    range: new Range(item.range.start, behind),
    rest: item.rest.slice(text.length),
  }));
  return { ...offered, position: behind, items: grown, isTypedInto: true };
}

function read(item: InlineCompletionItem, document: TextDocument, position: Position): OfferedItem[] {
  const id: unknown = item.command?.arguments?.[0];
  if (typeof id !== "string") {
    return [];
  }
  const text = typeof item.insertText === "string" ? item.insertText : item.insertText.value;
  const range = item.range ?? new Range(position, position);
  const { start, end } = range;
  const there = document.lineAt(start.line).text.slice(start.character, end.character);
  // An offer that replaces what stands there, or more, can't be typed into.
  const grows = end.isEqual(position) && text.startsWith(there);
  return [{ id, text, verdict: item.command?.title ?? "", range, rest: grows ? text.slice(there.length) : "" }];
}
