/** Which documents are Lean's. The Lean 4 extension names the language `lean4`, newer ones `lean`, too. */

import type { TextDocument } from "vscode";

export const LANGUAGES: readonly string[] = ["lean4", "lean"];

export function isLean(document: TextDocument): boolean {
  return document.uri.scheme === "file" && LANGUAGES.includes(document.languageId);
}
