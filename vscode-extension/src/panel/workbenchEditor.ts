/** The panel's seam to the editor, in the real workbench. */

import * as vscode from "vscode";

import type { GoalsResult, Place, WireEdit, WireRange } from "../protocol";
import type { Services } from "../services";
import type { NamedPlace, PanelEditor, RecordsCommand } from "./editor";

const COMMANDS: Readonly<Record<RecordsCommand, string>> = {
  openRecords: "fd-prover.showRecords",
  exportRecords: "fd-prover.exportRecords",
  purgeRecords: "fd-prover.purgeRecords",
  changeRecording: "fd-prover.changeRecording",
};

export function isLean(document: vscode.TextDocument): boolean {
  return document.languageId === "lean4" || document.languageId === "lean";
}

export class WorkbenchEditor implements PanelEditor {
  /** The panel itself takes the focus, so the last Lean editor is remembered. */
  private last: vscode.TextEditor | undefined;

  constructor(
    private readonly services: Services,
    lifetime: vscode.Disposable[],
  ) {
    this.remember(vscode.window.activeTextEditor ?? vscode.window.visibleTextEditors.find((e) => isLean(e.document)));
    lifetime.push(vscode.window.onDidChangeActiveTextEditor((editor) => this.remember(editor)));
  }

  here(): NamedPlace | undefined {
    const editor = vscode.window.visibleTextEditors.find((e) => e.document === this.last?.document) ?? this.last;
    if (!editor || editor.document.isClosed) return undefined;
    const { document, selection } = editor;
    const { line, character } = selection.active;
    const place = { uri: document.uri.toString(), position: { line, character }, version: document.version };
    return { place, name: `${this.shortName(place.uri)}:${String(line + 1)}` };
  }

  goalsFromUser(place: Place): Promise<GoalsResult | undefined> {
    return this.services.goalsFromUser?.(place) ?? Promise.resolve(undefined);
  }

  async reveal(uri: string, range: WireRange): Promise<void> {
    const selection = new vscode.Range(range.start.line, range.start.character, range.start.line, range.start.character);
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri, true));
    const viewColumn = this.last?.viewColumn ?? vscode.ViewColumn.One;
    this.remember(await vscode.window.showTextDocument(document, { selection, viewColumn }));
  }

  async apply(edit: WireEdit): Promise<boolean> {
    const uri = vscode.Uri.parse(edit.uri, true);
    const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
    if (!document || (edit.version !== undefined && document.version !== edit.version)) return false;
    const { start, end } = edit.range;
    const change = new vscode.WorkspaceEdit();
    change.replace(uri, new vscode.Range(start.line, start.character, end.line, end.character), edit.newText);
    return vscode.workspace.applyEdit(change);
  }

  async openOutside(path: string): Promise<void> {
    if (vscode.env.remoteName === undefined) {
      await vscode.env.openExternal(vscode.Uri.file(path));
      return;
    }
    // The user's browser is on another machine than the report.
    const open = "Open as text";
    const chosen = await vscode.window.showInformationMessage(`The report is on the remote machine: ${path}`, open);
    if (chosen === open) await vscode.window.showTextDocument(vscode.Uri.file(path));
  }

  async showMarkdown(markdown: string): Promise<void> {
    const document = await vscode.workspace.openTextDocument({ language: "markdown", content: markdown });
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: true });
  }

  async confirm(question: string, yes: string): Promise<boolean> {
    return (await vscode.window.showWarningMessage(question, { modal: true }, yes)) === yes;
  }

  shortName(uri: string): string {
    return vscode.workspace.asRelativePath(vscode.Uri.parse(uri, true));
  }

  async records(command: RecordsCommand): Promise<void> {
    await vscode.commands.executeCommand(COMMANDS[command]);
  }

  async fixStatus(): Promise<void> {
    await vscode.commands.executeCommand("fd-prover.showStatus");
  }

  private remember(editor: vscode.TextEditor | undefined): void {
    if (editor && isLean(editor.document)) this.last = editor;
  }
}
