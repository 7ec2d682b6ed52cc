/** What passes between the editor and the server, and what is kept from it. */

import { CompletionTriggerKind, workspace, type CompletionContext } from "vscode";
import type { Middleware } from "vscode-languageclient/node";

import { SECTION, type Config } from "./config";
import type { GhostText } from "./ghostText";
import type { Typing } from "./typing";

export function middleware(config: Config, ghostText: GhostText, typing: Typing): Middleware {
  return {
    provideInlineCompletionItems: (document, position, context, token, next) =>
      ghostText.provide(document, position, context, token, next),
    provideCompletionItem: async (document, position, context, token, next) => {
      if (!isListWanted(config, context)) {
        return undefined;
      }
      await typing.halts(token);
      return token.isCancellationRequested ? undefined : next(document, position, context, token);
    },
    provideCodeActions: (document, range, context, token, next) =>
      config.quickFixesEnabled ? next(document, range, context, token) : undefined,
    provideCodeLenses: (document, token, next) =>
      config.lensesEnabled ? next(document, token) : undefined,
  };
}

/**
 * A list that opens by itself after a space would hide the ghost text that says the same: there it
 * waits until it is asked for, or until a letter is typed.
 */
export function isListWanted(config: Config, { triggerKind }: CompletionContext): boolean {
  const bySpace = triggerKind === CompletionTriggerKind.TriggerCharacter;
  const hasGhosts = workspace.getConfiguration(SECTION).get("suggest.inline") !== "off";
  return config.completionEnabled && !(bySpace && hasGhosts);
}
