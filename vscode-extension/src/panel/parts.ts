/** Answers of the server as parts of the page: pure, so that a wrong shape shows at one place. */

import type { Adapters, Board, GoalsResult, NightGoal, RecordsStats, Runs, Status, WireRange } from "../protocol";
import type { PartValue } from "./messages";

export function enginePart(status: Status): PartValue<"engine"> {
  const adapter = status.adapterId ? ` + ${status.adapterId.slice(0, 12)}` : "";
  const counted = status.state === "thinking" ? ` ${String(status.judged)}/${String(status.sampled)}` : "";
  return {
    state: `${status.state}${counted}`,
    detail: status.detail,
    fix: status.fix,
    model: (status.model || "Lean's own automation") + adapter,
    lean: status.lean,
    isDown: status.state === "Lean down" || status.state === "policy down",
  };
}

export function goalPart(answer: GoalsResult, place: string): PartValue<"goal"> {
  const goals = answer.goals.map((goal) => ({
    text: goal.text || `⊢ ${goal.target}`,
    ...(goal.case === undefined ? {} : { case: goal.case }),
  }));
  return { kind: answer.kind, place, goals, reason: answer.reason };
}

export interface Row {
  readonly uri: string;
  readonly range: WireRange;
}

export function boardPart(
  board: Board,
  night: readonly NightGoal[],
  shortName: (uri: string) => string,
): { part: PartValue<"board">; rows: Map<string, Row> } {
  const rows = new Map<string, Row>();
  const shown = board.rows.map((row) => {
    const { line, character } = row.range.start;
    const key = `${row.uri}#${String(line)}:${String(character)}`;
    rows.set(key, { uri: row.uri, range: row.range });
    return {
      key,
      declaration: row.declaration,
      file: shortName(row.uri),
      line: line + 1,
      kind: row.kind,
      since: row.since ?? null,
      bestAttempt: row.bestAttempt,
      verdict: row.verdict,
      queued: row.queued,
    };
  });
  const tonight = night.map((goal) => ({
    id: goal.id,
    declaration: goal.declaration,
    place: `${shortName(goal.uri)}:${String(goal.line + 1)}`,
  }));
  return { part: { rows: shown, tonight }, rows };
}

export function runsPart(answer: Runs): { part: PartValue<"runs">; reports: Map<string, string> } {
  const reports = new Map<string, string>();
  const runs = answer.runs.map((run) => {
    if (run.report) reports.set(run.id, run.report);
    return {
      id: run.id,
      phase: run.phase,
      startedAt: run.startedAt,
      finishedAt: run.finishedAt ?? null,
      verdict: run.verdict ?? "",
      hasReport: Boolean(run.report),
    };
  });
  return { part: { runs }, reports };
}

export function adaptersPart(answer: Adapters): PartValue<"adapters"> {
  const adapters = answer.adapters.map((adapter) => ({
    id: adapter.id,
    baseModel: adapter.baseModel,
    createdAt: adapter.createdAt,
    metrics: { ...adapter.metrics },
    status: adapter.status,
    promoted: adapter.id === answer.promoted,
  }));
  return { promoted: answer.promoted ?? "", adapters };
}

export function recordsPart(answer: RecordsStats): PartValue<"records"> {
  const { path, recording, consent, offered, accepted, rejected, overridden, unobserved } = answer;
  const counts = Object.entries({ offered, accepted, overridden, rejected, unobserved }).map(
    ([name, count]): [string, number] => [name, count],
  );
  return { known: true, path, recording, consent, counts };
}
