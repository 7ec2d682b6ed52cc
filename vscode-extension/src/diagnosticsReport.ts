/**
 * “Copy Diagnostics”: what a bug report needs, and no secret. Values of settings that name programs,
 * models and endpoints are not copied, only that they are set; the home folder becomes `~`.
 */

import type { BridgeState } from "./leanBridge";
import type { Status } from "./protocol";
import type { LinkState } from "./serverLink";
import type { StatusView } from "./statusView";

export interface DiagnosticsInput {
  readonly extension: string;
  readonly editor: string;
  readonly platform: string;
  readonly remote: string | undefined;
  readonly trusted: boolean;
  readonly leanExtension: string | undefined;
  readonly bridge: BridgeState;
  readonly link: LinkState;
  readonly status: Status | undefined;
  readonly view: StatusView | undefined;
  readonly activationMs: number;
  /** Settings that were set, as they stand. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Of these only the name is told. */
  readonly secret: readonly string[];
  readonly problems: readonly string[];
  readonly home: string;
}

export function diagnosticsReport(input: DiagnosticsInput): string {
  const { link, status } = input;
  const lines = [
    "FD Prover diagnostics",
    `extension: ${input.extension}, activated in ${input.activationMs.toFixed(0)} ms`,
    `editor: ${input.editor} on ${input.platform}${input.remote ? `, remote: ${input.remote}` : ""}`,
    `workspace: ${input.trusted ? "trusted" : "Restricted Mode"}`,
    `Lean 4 extension: ${input.leanExtension ?? "not installed"}; goals from it: ${input.bridge}`,
    `server: ${linkInWords(link)}`,
    `state: ${input.view?.state ?? "?"}${input.view?.detail ? ` (${input.view.detail})` : ""}`,
    `lean: ${orElse(status?.lean, "?")}; model: ${status?.model ? "set" : "none"}; adapter: ${orElse(status?.adapterId, "none")}`,
    `memory of our Lean: ${status?.memoryMb ?? "?"} MB; recording: ${String(status?.recording ?? "?")}`,
    "settings that were set:",
    ...settingsInWords(input),
    ...input.problems.map((problem) => `problem: ${problem}`),
  ];
  return redacted(lines.join("\n"), input.home);
}

function orElse(text: string | undefined, other: string): string {
  return text === undefined || text === "" ? other : text;
}

function linkInWords(link: LinkState): string {
  switch (link.kind) {
    case "running":
      return `fd-server ${link.version}, found by: ${link.server.origin}, ${link.server.command}`;
    case "starting":
      return `starting ${link.server.command}`;
    case "stopped":
      return `stopped: ${link.why}`;
    default:
      return `${link.kind}: ${link.what}`;
  }
}

function settingsInWords(input: DiagnosticsInput): string[] {
  const rows = Object.entries(input.settings).map(([key, value]) =>
    input.secret.includes(key) ? `  ${key}: set` : `  ${key}: ${JSON.stringify(value)}`,
  );
  return rows.length > 0 ? rows : ["  none"];
}

const SECRETS: readonly [RegExp, string][] = [
  [/\b(https?:\/\/)[^\s/@]+@/g, "$1…@"],
  [/([?&](?:key|token|api[_-]?key|access_token)=)[^\s&]+/gi, "$1…"],
  [/\b(?:sk|hf|ghp|gsk|xai)[-_][\w-]{8,}/g, "…"],
  [/\b(Bearer )\S+/gi, "$1…"],
];

/** Text without what looks like a credential, and without the name of the home folder. */
export function redacted(text: string, home: string): string {
  const clean = SECRETS.reduce((soFar, [pattern, by]) => soFar.replace(pattern, by), text);
  return home.length > 1 ? clean.replaceAll(home, "~") : clean;
}
