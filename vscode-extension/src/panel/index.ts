/** The proof panel in the workbench: one webview beside the code. */

import { randomBytes } from "node:crypto";

import * as vscode from "vscode";

import type { Services } from "../services";
import { PanelController } from "./controller";
import { page } from "./html";
import { isLean, WorkbenchEditor } from "./workbenchEditor";

const KIND = "fd-prover.panel";
const AFTER_MOVE_MS = 250;

/** Register the command that opens the panel (or brings it to the front). */
export function registerPanel(services: Services): void {
  let open: vscode.WebviewPanel | undefined;
  services.context.subscriptions.push(
    vscode.commands.registerCommand("fd-prover.openPanel", () => {
      if (open) return open.reveal();
      open = openPanel(services);
      open.onDidDispose(() => (open = undefined));
    }),
  );
}

function openPanel(services: Services): vscode.WebviewPanel {
  const root = vscode.Uri.joinPath(services.context.extensionUri, "dist");
  const where = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: false };
  const options = { enableScripts: true, enableCommandUris: false, localResourceRoots: [root] };
  const panel = vscode.window.createWebviewPanel(KIND, "FD Prover", where, options);
  const lifetime: vscode.Disposable[] = [];
  const editor = new WorkbenchEditor(services, lifetime);
  const controller = new PanelController(
    services.link,
    editor,
    () => new vscode.CancellationTokenSource(),
    (part) => void panel.webview.postMessage(part),
  );
  follow(panel, controller, lifetime);
  panel.onDidDispose(() => {
    controller.dispose();
    for (const item of lifetime) item.dispose();
  });
  panel.iconPath = vscode.Uri.joinPath(services.context.extensionUri, "media", "icon.png");
  panel.webview.html = page({
    cspSource: panel.webview.cspSource,
    nonce: randomBytes(16).toString("hex"),
    script: panel.webview.asWebviewUri(vscode.Uri.joinPath(root, "webview.js")).toString(),
    style: panel.webview.asWebviewUri(vscode.Uri.joinPath(root, "webview-style.css")).toString(),
  });
  return panel;
}

/** What the page says, where the cursor goes, and what is edited. Nothing is asked while hidden. */
function follow(panel: vscode.WebviewPanel, controller: PanelController, lifetime: vscode.Disposable[]): void {
  let timer: NodeJS.Timeout | undefined;
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (panel.visible) void controller.moved();
    }, AFTER_MOVE_MS);
  };
  lifetime.push(
    panel.webview.onDidReceiveMessage((message: unknown) => void controller.received(message)),
    panel.onDidChangeViewState(() => {
      if (panel.visible) soon();
    }),
    vscode.window.onDidChangeTextEditorSelection((event) => {
      if (isLean(event.textEditor.document)) soon();
    }),
    vscode.window.onDidChangeActiveTextEditor((active) => {
      if (active && isLean(active.document)) soon();
    }),
    vscode.workspace.onDidChangeTextDocument((event) => {
      if (isLean(event.document) && event.contentChanges.length) controller.edited();
    }),
    { dispose: () => clearTimeout(timer) },
  );
}
