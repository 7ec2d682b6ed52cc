/** An extension that answers a constant at once: what the workbench alone takes to show ghost text. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { packFolder } from "../e2e/support/vsix";

const SOURCE = `
const vscode = require("vscode");
exports.activate = () => vscode.languages.registerInlineCompletionItemProvider(
  { language: "lean4" },
  {
    provideInlineCompletionItems: (document, at) =>
      document.lineAt(at.line).text.trim() === ""
        ? [new vscode.InlineCompletionItem("  grind", new vscode.Range(at, at))]
        : [],
  },
);
`;

export function constantGhost(scratch: string): string {
  const folder = join(scratch, "extension");
  mkdirSync(folder, { recursive: true });
  const manifest = {
    name: "constant-ghost",
    publisher: "fd-prover-tests",
    version: "0.0.1",
    engines: { vscode: "^1.91.0" },
    main: "./main.js",
    activationEvents: ["onLanguage:lean4"],
    contributes: { languages: [{ id: "lean4", extensions: [".lean"] }] },
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(folder, "main.js"), SOURCE);
  return packFolder(scratch, manifest);
}
