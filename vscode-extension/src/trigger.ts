/**
 * Has the editor ask for ghost text where the cursor stands.
 *
 * Asked twice at one place of one text, VS Code answers the second time from what it got the first
 * time, and be that nothing. It asks only if there is a provider that it has not asked yet: one that
 * offers nothing is enough.
 */

import { commands, languages } from "vscode";

import { LANGUAGES } from "./leanDocuments";

const TRIGGER = "editor.action.inlineSuggest.trigger";

export function trigger(): void {
  void commands.executeCommand(TRIGGER);
}

/** The same, although the editor was answered at this place before. */
export function triggerAnew(): void {
  const selector = LANGUAGES.map((language) => ({ language, scheme: "file" }));
  const unknown = languages.registerInlineCompletionItemProvider(selector, {
    provideInlineCompletionItems: () => undefined,
  });
  void Promise.resolve(commands.executeCommand(TRIGGER)).finally(() => {
    unknown.dispose();
  });
}
