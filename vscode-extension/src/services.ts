/**
 * What the parts of the extension share. `extension.ts` makes one, and hands it to each `register…`
 * function; the panel's is `registerPanel(services)` in `panel/index.ts`.
 */

import type { ExtensionContext, LogOutputChannel } from "vscode";

import type { Config } from "./config";
import type { GoalsResult, Place } from "./protocol";
import type { ServerLink } from "./serverLink";

export interface Services {
  readonly context: ExtensionContext;
  readonly config: Config;
  readonly link: ServerLink;
  readonly log: LogOutputChannel;
  /** Goals from the user's own Lean, for what is only shown; undefined where it does not answer. */
  readonly goalsFromUser?: (place: Place) => Promise<GoalsResult | undefined>;
}
