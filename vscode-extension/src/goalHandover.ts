/**
 * Hands the goals of the user's own Lean to the server before it is asked for suggestions. Waits a
 * moment at most; an answer that comes later is handed over all the same.
 */

import type { CancellationToken, Position, TextDocument } from "vscode";

import type { LeanBridge } from "./leanBridge";
import type { ServerLink } from "./serverLink";
import { stepStart } from "./stepStart";

export interface HandoverParts {
  readonly bridge: LeanBridge;
  readonly link: ServerLink;
  isOn(): boolean;
  waitMs(): number;
}

export async function handOver(
  parts: HandoverParts,
  document: TextDocument,
  cursor: Position,
  token: CancellationToken,
): Promise<void> {
  if (!parts.isOn() || !parts.bridge.isReady()) {
    return;
  }
  const { version } = document;
  const before = document.lineAt(cursor.line).text.slice(0, cursor.character);
  const position = { line: cursor.line, character: stepStart(before) };
  const told = parts.bridge.goalsAt(document.uri, position, token).then((answer) => {
    if (answer !== undefined && document.version === version) {
      const uri = document.uri.toString();
      parts.link.tell("fd/provideGoals", { uri, position, version, answer });
    }
  });
  await Promise.race([told, new Promise((resolve) => setTimeout(resolve, parts.waitMs()))]);
}
