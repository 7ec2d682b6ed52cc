/**
 * Asks for ghost text where the cursor comes to rest at an open place of a proof.
 *
 * VS Code asks by itself only while one types. A place is open if something may be written there:
 * the end of a line that is blank, or that waits for a tactic. Elsewhere we ask only in a document
 * that was edited since it was opened: somebody who only reads is left alone, and no Lean is started
 * for them.
 */

import {
  window,
  workspace,
  type Disposable,
  type TextDocument,
  type TextEditor,
} from "vscode";

import { isLean } from "./leanDocuments";

/** Selection changes this soon after an edit belong to typing. */
const TYPING_MS = 60;
const WAITS = /(?:^\s+|(?:^|\s)(?:by|from|=>|:=|<;>|[·.]))\s*$/;

/** May something be written at the end of this text of a line? */
export function isOpenPlace(before: string, after: string): boolean {
  return after.trim() === "" && WAITS.test(before);
}

export interface CursorStopParts {
  isOn(): boolean;
  delayMs(): number;
  trigger(): void;
}

export class CursorStops implements Disposable {
  private readonly subscriptions: Disposable[];
  private readonly edited = new WeakSet<TextDocument>();
  private lastEdit = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: CursorStopParts) {
    this.subscriptions = [
      window.onDidChangeTextEditorSelection(({ textEditor }) => this.stopped(textEditor)),
      // Back from another tab: the cursor rests where it was, and no ghost text is shown any more.
      window.onDidChangeActiveTextEditor((editor) => editor && this.stopped(editor)),
      workspace.onDidChangeTextDocument((event) => {
        if (event.contentChanges.length > 0 && isLean(event.document)) {
          this.edited.add(event.document);
          this.lastEdit = Date.now();
          clearTimeout(this.timer);
        }
      }),
    ];
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const subscription of this.subscriptions) {
      subscription.dispose();
    }
  }

  /** Ask now, if the cursor stands where it is worth it: the server has just become ready. */
  ready(): void {
    const editor = window.activeTextEditor;
    if (editor !== undefined && isLean(editor.document) && this.isWorthAsking(editor)) {
      this.parts.trigger();
    }
  }

  private stopped(editor: TextEditor): void {
    clearTimeout(this.timer);
    // In this order: it runs at every key, and settings are the dearest to ask.
    if (Date.now() - this.lastEdit < TYPING_MS || !isLean(editor.document) || !this.parts.isOn()) {
      return;
    }
    const { version } = editor.document;
    const { active } = editor.selection;
    this.timer = setTimeout(() => {
      const stays = editor.document.version === version && editor.selection.active.isEqual(active);
      if (stays && window.activeTextEditor === editor && this.isWorthAsking(editor)) {
        this.parts.trigger();
      }
    }, this.parts.delayMs());
  }

  private isWorthAsking(editor: TextEditor): boolean {
    const { active, isEmpty } = editor.selection;
    const line = editor.document.lineAt(active.line).text;
    const [before, after] = [line.slice(0, active.character), line.slice(active.character)];
    if (!isEmpty || editor.selections.length > 1 || after.trim() !== "") {
      return false;
    }
    return isOpenPlace(before, after) || (this.edited.has(editor.document) && before.trim() !== "");
  }
}
