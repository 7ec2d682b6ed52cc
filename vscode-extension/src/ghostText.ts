/**
 * Ghost text on its way from the server to the editor.
 *
 * The server decides what is shown and where it keeps silent; here its answers are remembered, goals
 * are handed over before it is asked, and what becomes ready too late for one answer is asked for
 * once more.
 */

import type {
  CancellationToken,
  InlineCompletionContext,
  InlineCompletionItem,
  InlineCompletionList,
  Position,
  ProviderResult,
  TextDocument,
  TextEditor,
} from "vscode";

import type { OfferedItems } from "./offered";
import type { EngineState, Status } from "./protocol";

type Items = InlineCompletionItem[] | InlineCompletionList | null | undefined;
type Next = (
  document: TextDocument,
  position: Position,
  context: InlineCompletionContext,
  token: CancellationToken,
) => ProviderResult<Items>;

/** States that follow a search that found something; a model that is down says so all the time. */
const AT_REST: ReadonlySet<string> = new Set<EngineState>(["idle", "policy down"]);

export interface GhostTextParts {
  readonly offered: OfferedItems;
  /** Give the server the goals of the user's own Lean, if they can be had in a moment. */
  handOver(document: TextDocument, position: Position, token: CancellationToken): Promise<void>;
  /** Wait until no key follows another. */
  typingHalts(token: CancellationToken): Promise<void>;
  activeEditor(): TextEditor | undefined;
  trigger(): void;
}

export class GhostText {
  /** A place that was answered with nothing, perhaps too early. */
  private unanswered: { readonly place: string; asked: number } | undefined;

  constructor(private readonly parts: GhostTextParts) {}

  /** The middleware of `textDocument/inlineCompletion`. */
  async provide(
    document: TextDocument,
    position: Position,
    context: InlineCompletionContext,
    token: CancellationToken,
    next: Next,
  ): Promise<Items> {
    await this.parts.typingHalts(token);
    if (isCancelled(token)) {
      return undefined;
    }
    await this.parts.handOver(document, position, token);
    if (isCancelled(token)) {
      return undefined;
    }
    const answer = await next(document, position, context, token);
    if (isCancelled(token)) {
      return undefined;
    }
    const items = Array.isArray(answer) ? answer : (answer?.items ?? []);
    this.parts.offered.remember(document, position, items);
    this.noteEmpty(document, position, items.length === 0);
    return answer;
  }

  /** The engine came to rest: if it found something after we were answered, ask again, once. */
  onStatus(status: Status): void {
    const { unanswered } = this;
    if (unanswered === undefined || !AT_REST.has(status.state) || status.judged === 0) {
      return;
    }
    const editor = this.parts.activeEditor();
    if (editor === undefined || !editor.selection.isEmpty || unanswered.asked > 0) {
      return;
    }
    if (placeOf(editor.document, editor.selection.active) === unanswered.place) {
      unanswered.asked++;
      this.parts.trigger();
    }
  }

  private noteEmpty(document: TextDocument, position: Position, isEmpty: boolean): void {
    const place = placeOf(document, position);
    if (!isEmpty) {
      this.unanswered = undefined;
    } else if (this.unanswered?.place !== place) {
      this.unanswered = { place, asked: 0 };
    }
  }
}

/** Asked anew at each place: it changes while we wait. */
function isCancelled(token: CancellationToken): boolean {
  return token.isCancellationRequested;
}

function placeOf(document: TextDocument, position: Position): string {
  return `${document.uri.toString()}#${document.version}@${position.line}:${position.character}`;
}
