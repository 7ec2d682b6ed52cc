/** One suggestion run or one proof search at a time: its candidates and its tree as they come. */

import type { Candidate } from "./messages";
import type { CandidatesEvent, ProveResult, SearchEvent, WireCandidate, WireEdit } from "../protocol";
import type { PanelState } from "./state";

export const MOST_CANDIDATES = 200;
export const MOST_NODES = 600;

/** What can be taken: the edit, and the suggestion it belongs to. */
export interface Takeable {
  readonly edit: WireEdit;
  readonly id: string | undefined;
}

export class Thinking {
  token = "";
  private readonly byKey = new Map<string, WireCandidate>();
  private proof: Takeable | undefined;
  private count = 0;

  constructor(private readonly state: PanelState) {}

  /** Begin anew; what a run before this one still sends is dropped. */
  begin(kind: "suggesting" | "proving"): string {
    this.count += 1;
    this.token = `panel-${String(this.count)}`;
    this.byKey.clear();
    this.proof = undefined;
    const summary = kind === "suggesting" ? "Lean is judging candidates …" : "Searching for a proof …";
    this.state.set("search", { kind, running: true, judged: 0, summary, canInsert: false, candidates: [] });
    this.state.set("tree", { nodes: [], dropped: 0 });
    return this.token;
  }

  /** Candidates as they are judged. */
  heardCandidates(event: CandidatesEvent): void {
    if (event.token !== this.token) return;
    const shown = this.state.get("search").candidates;
    const fresh = event.candidates.slice(0, MOST_CANDIDATES - shown.length).map((c) => this.keep(c));
    this.state.update("search", { candidates: [...shown, ...fresh], judged: event.judged });
  }

  /** All of them, ranked; only now can they be taken. */
  suggested(candidates: readonly WireCandidate[], status: string): void {
    this.byKey.clear();
    const shown = candidates.slice(0, MOST_CANDIDATES).map((c) => this.keep(c));
    const offered = shown.filter((c) => c.offered).length;
    const summary = offered ? `${String(offered)} of ${String(shown.length)} can be taken.` : `Nothing found (${status}).`;
    this.state.update("search", { candidates: shown, running: false, summary });
  }

  /** One event of the search tree. */
  heardSearch(event: SearchEvent): void {
    if (event.token !== this.token) return;
    const { nodes, dropped } = this.state.get("tree");
    if (event.kind === "added") {
      const node = { id: event.node, parent: event.parent ?? null, text: event.text, goals: event.goals, expanded: false };
      if (nodes.length < MOST_NODES) this.state.set("tree", { nodes: [...nodes, node], dropped });
      else this.state.set("tree", { nodes, dropped: dropped + 1 });
    } else if (event.kind === "expanded") {
      const known = nodes.map((node) => (node.id === event.node ? { ...node, expanded: true } : node));
      this.state.set("tree", { nodes: known, dropped });
      this.state.update("search", { judged: event.expanded, summary: `${String(event.expanded)} states tried …` });
    }
  }

  /** The end of a proof search. */
  proved(result: ProveResult): void {
    if (result.edit) this.proof = { edit: result.edit, id: result.suggestionId };
    this.state.update("search", {
      running: false,
      judged: result.nodes,
      summary: proofInWords(result),
      canInsert: result.edit !== undefined,
    });
  }

  /** Stopped, refused, or out of date. */
  ended(summary: string): void {
    this.token = "";
    this.state.update("search", { running: false, summary });
  }

  takeable(key: string): Takeable | undefined {
    const candidate = this.byKey.get(key);
    return candidate?.edit && { edit: candidate.edit, id: candidate.id };
  }

  takeableProof(): Takeable | undefined {
    return this.proof;
  }

  idOf(key: string): string | undefined {
    return this.byKey.get(key)?.id;
  }

  /** No longer fits the text: it may be read, not taken. */
  spent(): void {
    this.proof = undefined;
    const candidates = this.state.get("search").candidates.map((c) => ({ ...c, canTake: false }));
    for (const [key, candidate] of this.byKey) this.byKey.set(key, withoutEdit(candidate));
    this.state.update("search", { candidates, canInsert: false });
  }

  private keep(candidate: WireCandidate): Candidate {
    const key = `${this.token}/${String(this.byKey.size)}`;
    this.byKey.set(key, candidate);
    return {
      key,
      text: candidate.text,
      origin: candidate.origin,
      verdict: candidate.verdict.kind,
      detail: inWords(candidate),
      after: candidate.verdict.after.map((goal) => goal.text || `⊢ ${goal.target}`),
      canTake: candidate.edit !== undefined,
      offered: candidate.id !== undefined,
    };
  }
}

function withoutEdit(candidate: WireCandidate): WireCandidate {
  const copy: { -readonly [K in keyof WireCandidate]: WireCandidate[K] } = { ...candidate };
  delete copy.edit;
  return copy;
}

/** A verdict in a few words, with its cost. */
export function inWords({ verdict }: WireCandidate): string {
  const cost = `${verdict.milliseconds.toFixed(0)} ms`;
  switch (verdict.kind) {
    case "closed":
      return `closes the goal · ${cost}`;
    case "progressed":
      return `leaves ${String(verdict.after.length)} goal${verdict.after.length === 1 ? "" : "s"} · ${cost}`;
    case "failed":
      return `refused: ${verdict.messages[0] ?? "no message"} · ${cost}`;
    case "undecided":
      return `undecided: ${verdict.reason} · ${cost}`;
  }
}

function proofInWords(result: ProveResult): string {
  const cost = `${String(result.nodes)} states, ${(result.milliseconds / 1000).toFixed(1)} s`;
  if (!result.found) return `No proof (${result.reason || "nothing found"}); ${cost}.`;
  if (result.audit?.kind !== "proved") return `Found, not proved: ${result.reason || "the audit refused it"}; ${cost}.`;
  return `Proved, audited in a fresh Lean; ${cost}.`;
}
