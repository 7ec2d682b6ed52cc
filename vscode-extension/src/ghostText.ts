/**
 * Ghost text on its way from the server to the editor.
 *
 * The server decides what is shown and where it keeps silent; here its answers are remembered, goals
 * are handed over before it is asked, and what becomes ready too late for one answer is asked for
 * again (`askAgain.ts` knows when).
 */

import {
  CancellationTokenSource,
  InlineCompletionTriggerKind,
  type CancellationToken,
  type InlineCompletionContext,
  type InlineCompletionItem,
  type InlineCompletionList,
  type Position,
  type ProviderResult,
  type TextDocument,
  type TextEditor,
} from "vscode";

import { AskAgain, type Outcome } from "./askAgain";
import type { OfferedItems } from "./offered";
import type { Status } from "./protocol";

type Items = InlineCompletionItem[] | InlineCompletionList | null | undefined;
type Next = (
  document: TextDocument,
  position: Position,
  context: InlineCompletionContext,
  token: CancellationToken,
) => ProviderResult<Items>;

export interface GhostTextParts {
  readonly offered: OfferedItems;
  /** Give the server the goals of the user's own Lean, if they can be had in a moment. */
  handOver(document: TextDocument, position: Position, token: CancellationToken): Promise<void>;
  /** Wait until no key follows another. */
  typingHalts(token: CancellationToken): Promise<void>;
  activeEditor(): TextEditor | undefined;
  /** Have the editor ask; `triggerAnew`: though it was answered with nothing at this place. */
  trigger(): void;
  triggerAnew(): void;
}

interface Question {
  readonly document: TextDocument;
  /** The text that the position is about: an answer that comes when there is another one is for nobody. */
  readonly version: number;
  readonly position: Position;
  readonly next: Next;
}

export class GhostText {
  private readonly again: AskAgain;
  private lastQuestion: Question | undefined;
  /** What was found after the editor had been answered: it is told to ask, and gets this. */
  private late: { readonly place: string; readonly answer: Items } | undefined;

  constructor(private readonly parts: GhostTextParts) {
    this.again = new AskAgain({ stands: (place) => this.stands(place), ask: () => void this.askQuietly() });
  }

  /** The middleware of `textDocument/inlineCompletion`. */
  async provide(
    document: TextDocument,
    position: Position,
    context: InlineCompletionContext,
    token: CancellationToken,
    next: Next,
  ): Promise<Items> {
    const { late } = this;
    this.late = undefined;
    if (late?.place === placeOf(document, position) && context.selectedCompletionInfo === undefined) {
      return late.answer;
    }
    const question = { document, version: document.version, position, next };
    await this.parts.typingHalts(token);
    if (isCancelled(token) || isOvertaken(question)) {
      return undefined;
    }
    this.lastQuestion = question;
    return this.ask(question, context, token);
  }

  /** The cursor came to rest, or the user wants to see something here. */
  suggest(): void {
    const editor = this.parts.activeEditor();
    if (editor !== undefined && this.again.isUnanswered(placeOf(editor.document, editor.selection.active))) {
      this.parts.triggerAnew();
    } else {
      this.parts.trigger();
    }
  }

  /** How the engine fares: what was not ready may be now. */
  onStatus(status: Status): void {
    this.again.heard(status);
  }

  /** Another server, or none: nothing is waited for any more. */
  onServerChanged(): void {
    this.again.forget();
    this.lastQuestion = this.late = undefined;
  }

  dispose(): void {
    this.onServerChanged();
  }

  private async ask(question: Question, context: InlineCompletionContext, token: CancellationToken): Promise<Items> {
    const { document, position, next } = question;
    const report = this.again.asking(placeOf(document, position));
    let outcome: Outcome = "given up";
    try {
      await this.parts.handOver(document, position, token);
      if (isCancelled(token) || isOvertaken(question)) {
        return undefined;
      }
      const answer = await next(document, position, context, token);
      if (isCancelled(token) || isOvertaken(question)) {
        return undefined;
      }
      const items = itemsOf(answer);
      this.parts.offered.remember(document, position, items);
      outcome = items.length === 0 ? "empty" : "something";
      return answer;
    } finally {
      report(outcome);
    }
  }

  /** Ask the server behind the editor's back: others who offer ghost text are not hurried for nothing. */
  private async askQuietly(): Promise<void> {
    const question = this.lastQuestion;
    if (question === undefined) {
      return;
    }
    const context = { triggerKind: InlineCompletionTriggerKind.Automatic, selectedCompletionInfo: undefined };
    // Nobody cancels it: an edit makes the server give up by itself, and an answer that crosses it is dropped.
    const { token } = new CancellationTokenSource();
    const place = placeOf(question.document, question.position);
    const answer = await this.ask(question, context, token).catch(() => undefined);
    if (itemsOf(answer).length > 0 && this.lastQuestion === question && this.stands(place)) {
      this.late = { place, answer };
      this.parts.triggerAnew();
    }
  }

  /** Does the cursor rest at a place, where a line ends? Elsewhere there is no ghost text. */
  private stands(place: string): boolean {
    const editor = this.parts.activeEditor();
    if (editor === undefined || !editor.selection.isEmpty || editor.selections.length > 1) {
      return false;
    }
    const { active } = editor.selection;
    const rest = editor.document.lineAt(active.line).text.slice(active.character);
    return rest.trim() === "" && placeOf(editor.document, active) === place;
  }
}

function itemsOf(answer: Items): readonly InlineCompletionItem[] {
  return Array.isArray(answer) ? answer : (answer?.items ?? []);
}

/** Asked anew at each place: it changes while we wait. */
function isCancelled(token: CancellationToken): boolean {
  return token.isCancellationRequested;
}

/** Was the text changed since? The ranges of an answer are about the text as it was. */
function isOvertaken({ document, version }: Question): boolean {
  return document.version !== version;
}

function placeOf(document: TextDocument, position: Position): string {
  return `${document.uri.toString()}#${document.version}@${position.line}:${position.character}`;
}
