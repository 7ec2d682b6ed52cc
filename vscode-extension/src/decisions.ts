/**
 * What the user does with suggestions, as far as the extension must tell the server.
 *
 * Taken: the item's own command says so. Written over, taken in part, left: the server sees the
 * edits. What remains is saying no, which only a command can; silence is never a rejection.
 */

import { commands, window, type TextDocument, type TextEditor } from "vscode";

import { chooseAlternative, take } from "./alternatives";
import type { OfferedItem, OfferedItems } from "./offered";
import type { ServerLink } from "./serverLink";

const HIDE = "editor.action.inlineSuggest.hide";
const REASONS = ["wrong idea", "too clumsy", "not our style", "too slow"];

export class Decisions {
  constructor(
    private readonly offered: OfferedItems,
    private readonly link: ServerLink,
  ) {}

  /** “Reject”: one suggestion, by id or chosen; then a reason, which may be left out. */
  async reject(editor: TextEditor, id?: unknown): Promise<void> {
    const item = await this.find(editor, id, "Which one do you reject?");
    if (item === undefined) {
      return;
    }
    const reason = await window.showQuickPick(REASONS, {
      placeHolder: `Rejecting “${item.text.trim().split("\n")[0]}”: why? (Esc: no reason)`,
    });
    await commands.executeCommand(HIDE);
    const answer = await this.link.run("fd.reject", item.id, reason ?? "");
    if (answer.kind === "answered") {
      this.offered.forget(item.id);
      window.setStatusBarMessage("FD Prover: rejected.", 3000);
    }
  }

  /** “Show Alternatives”: choose one, write it, say that it was taken. */
  async choose(editor: TextEditor, id?: unknown): Promise<void> {
    const { version } = editor.document;
    const question = "Each was accepted by Lean. Enter writes it.";
    const item = await this.find(editor, id, question, "always");
    if (item === undefined) {
      return;
    }
    await commands.executeCommand(HIDE);
    const fitting = this.fitting(editor.document, version, item);
    if (fitting === undefined) {
      void window.showInformationMessage("FD Prover: the text has changed meanwhile; nothing was written. Ask again.");
    } else if (await take(editor, fitting)) {
      await this.link.run("fd.accept", item.id);
    }
  }

  /** A chosen item as the text is now, which may have changed while the user chose; undefined if it is for another one. */
  private fitting(document: TextDocument, version: number, item: OfferedItem): OfferedItem | undefined {
    return document.version === version ? item : this.offered.in(document)?.items.find(({ id }) => id === item.id);
  }

  /** The item that a command is about. */
  async find(
    editor: TextEditor,
    id: unknown,
    question: string,
    asks: "always" | "if several" = "if several",
  ): Promise<OfferedItem | undefined> {
    const items = this.offered.in(editor.document)?.items ?? [];
    if (typeof id === "string") {
      return items.find((item) => item.id === id);
    }
    if (items.length === 0) {
      void window.showInformationMessage(
        "FD Prover: nothing is offered here. Stop the cursor at the end of a line of a proof first.",
      );
      return undefined;
    }
    const isClear = items.length === 1 && asks === "if several";
    return isClear ? items[0] : chooseAlternative(items, question);
  }
}
