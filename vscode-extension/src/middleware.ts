/** What passes between the editor and the server, and what a setting turns off. */

import type { Middleware } from "vscode-languageclient/node";

import type { Config } from "./config";
import type { GhostText } from "./ghostText";

export function middleware(config: Config, ghostText: GhostText): Middleware {
  return {
    provideInlineCompletionItems: (document, position, context, token, next) =>
      ghostText.provide(document, position, context, token, next),
    provideCompletionItem: (document, position, context, token, next) =>
      config.completionEnabled ? next(document, position, context, token) : undefined,
    provideCodeActions: (document, range, context, token, next) =>
      config.quickFixesEnabled ? next(document, range, context, token) : undefined,
    provideCodeLenses: (document, token, next) =>
      config.lensesEnabled ? next(document, token) : undefined,
  };
}
