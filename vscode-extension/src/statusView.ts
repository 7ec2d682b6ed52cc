/**
 * What the status bar and the language status say, from the connection and the engine's status.
 * Pure: the words are tested without an editor.
 */

import type { Status } from "./protocol";
import type { LinkState } from "./serverLink";

export type Severity = "information" | "warning" | "error";

/** What a click offers first. */
export type FixCommand =
  | "fd-prover.installServer"
  | "fd-prover.restartServer"
  | "fd-prover.toggle"
  | "workbench.trust.manage"
  | "fd-prover.runDoctor"
  | "fd-prover.reloadPolicy"
  | undefined;

export interface StatusView {
  readonly text: string;
  readonly state: string;
  readonly detail: string;
  readonly fix: string;
  readonly fixCommand: FixCommand;
  readonly severity: Severity;
  readonly busy: boolean;
  /** Lines about the model, Lean, records: for the tooltip. */
  readonly facts: readonly string[];
}

export interface Situation {
  readonly enabled: boolean;
  readonly trusted: boolean;
  readonly link: LinkState;
  readonly status: Status | undefined;
  readonly problems: readonly string[];
}

const PLAIN = { detail: "", fix: "", fixCommand: undefined, facts: [], busy: false } as const;

export function statusView(now: Situation): StatusView {
  if (!now.enabled) {
    return {
      ...PLAIN, text: "$(circle-slash) FD off", state: "off", severity: "information",
      detail: "Suggestions are turned off.", fix: "Turn them on.", fixCommand: "fd-prover.toggle",
    };
  }
  const { link } = now;
  switch (link.kind) {
    case "missing":
      return broken("not installed", link.what, link.fix, "fd-prover.installServer");
    case "failed":
      return broken("failed", link.what, link.fix, "fd-prover.restartServer");
    case "stopped":
      return {
        ...PLAIN, text: "$(debug-stop) FD stopped", state: "stopped", severity: "warning",
        detail: `fd-server does not run: ${link.why}.`, fix: "Start it again.",
        fixCommand: "fd-prover.restartServer",
      };
    case "starting":
      return {
        ...PLAIN, text: "$(loading~spin) FD starting", state: "starting", severity: "information",
        busy: true, detail: `Starting ${link.server.command}.`,
      };
    case "running":
      return running(now, link);
  }
}

function broken(state: string, what: string, fix: string, fixCommand: FixCommand): StatusView {
  return {
    ...PLAIN, text: `$(error) FD ${state}`, state, severity: "error", detail: what, fix, fixCommand,
  };
}

function running(now: Situation, link: LinkState & { kind: "running" }): StatusView {
  const { status } = now;
  const facts = factsOf(status, link);
  if (!now.trusted) {
    return {
      ...PLAIN, facts, text: "$(shield) FD restricted", state: "restricted", severity: "warning",
      detail:
        "Restricted Mode: no Lean is started here, and the workspace's settings for programs, models and endpoints are ignored.",
      fix: "Trust the workspace to get suggestions.", fixCommand: "workbench.trust.manage",
    };
  }
  const view = engine(status, facts);
  if (now.problems.length > 0 && view.severity === "information") {
    return {
      ...view, text: `$(warning) FD ${view.state}`, severity: "warning",
      detail: now.problems.join("\n"), fix: "Correct these settings; until then they count as not set.",
    };
  }
  return view;
}

function engine(status: Status | undefined, facts: readonly string[]): StatusView {
  const state = status?.state ?? "idle";
  const said = { ...PLAIN, facts, detail: status?.detail ?? "", fix: status?.fix ?? "" };
  switch (state) {
    case "thinking": {
      const share = status !== undefined && status.sampled > 0 ? ` ${status.judged}/${status.sampled}` : "";
      return { ...said, text: `$(loading~spin) FD thinking${share}`, state, severity: "information", busy: true };
    }
    case "nothing found":
    case "out of budget":
      return { ...said, text: `$(circle-outline) FD ${state}`, state, severity: "information" };
    case "Lean down":
      return { ...said, text: "$(error) FD Lean down", state, severity: "error", fixCommand: "fd-prover.runDoctor" };
    case "policy down":
      return { ...said, text: "$(warning) FD model down", state, severity: "warning", fixCommand: "fd-prover.reloadPolicy" };
    default:
      return { ...said, text: `$(check) FD ${version(status)}`, state, severity: "information" };
  }
}

/** `idle`, or the model and adapter that speak. */
function version(status: Status | undefined): string {
  const adapter = status?.adapterId ? ` · ${status.adapterId.slice(0, 8)}` : "";
  const model = status?.model ? status.model.split("/").at(-1) : "";
  return model ? `${model}${adapter}` : "idle";
}

function factsOf(status: Status | undefined, link: LinkState & { kind: "running" }): string[] {
  const facts = [`fd-server ${link.version} (${link.server.origin}): ${link.server.command}`];
  if (status === undefined) {
    return facts;
  }
  facts.push(status.model ? `Model: ${status.model}` : "No model: Lean's own automation proposes");
  if (status.adapterId) {
    facts.push(`Adapter: ${status.adapterId}`);
  }
  if (status.lean) {
    facts.push(`Lean: ${status.lean}`);
  }
  if (status.memoryMb) {
    facts.push(`Memory of our Lean: ${status.memoryMb} MB`);
  }
  return [...facts, status.recording ? "Decisions are recorded on this machine" : "Decisions are not recorded"];
}
