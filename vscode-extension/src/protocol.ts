/**
 * What `fd-server` speaks beyond LSP: its methods and commands.
 *
 * Made by `python scripts/mirror_protocol.py` from `server/fd_core/protocol`; a test keeps them equal.
 * What it says and why is in docs/lsp-extensions.md.
 */

import type {
  AdapterId,
  Adapters,
  Board,
  BoardParams,
  CandidatesEvent,
  ConsentParams,
  DecisionParams,
  ExplainParams,
  Explanation,
  GoalsResult,
  NightQueue,
  NightRemove,
  Nothing,
  Place,
  ProveParams,
  ProveResult,
  ProvidedErrors,
  ProvidedGoals,
  RecordsStats,
  Reloaded,
  Runs,
  SearchEvent,
  SessionApplied,
  SessionApply,
  SessionAt,
  SessionFinish,
  SessionName,
  SessionOpen,
  SessionSearch,
  SessionTree,
  Status,
  SuggestParams,
  SuggestResult,
  WhyNotParams,
  WireCandidate,
} from "./wire";

export type * from "./wire";

export const PROTOCOL_VERSION = 1;

/** What the client asks: params, result. */
export interface Requests {
  "fd/goals": { params: Place; result: GoalsResult };
  "fd/suggest": { params: SuggestParams; result: SuggestResult };
  "fd/prove": { params: ProveParams; result: ProveResult };
  "fd/sessionOpen": { params: SessionOpen; result: SessionTree };
  "fd/sessionTree": { params: SessionAt; result: SessionTree };
  "fd/sessionApply": { params: SessionApply; result: SessionApplied };
  "fd/sessionUndo": { params: SessionAt; result: SessionTree };
  "fd/sessionGoto": { params: SessionAt; result: SessionTree };
  "fd/sessionName": { params: SessionName; result: SessionTree };
  "fd/sessionSuggest": { params: SessionSearch; result: SuggestResult };
  "fd/sessionSearch": { params: SessionSearch; result: ProveResult };
  "fd/sessionFinish": { params: SessionFinish; result: ProveResult };
  "fd/sessionClose": { params: SessionAt; result: Nothing };
  "fd/board": { params: BoardParams; result: Board };
  "fd/decision": { params: DecisionParams; result: Nothing };
  "fd/consent": { params: ConsentParams; result: RecordsStats };
  "fd/records": { params: Nothing; result: RecordsStats };
  "fd/tonight": { params: Place; result: NightQueue };
  "fd/night": { params: Nothing; result: NightQueue };
  "fd/nightRemove": { params: NightRemove; result: NightQueue };
  "fd/runs": { params: Nothing; result: Runs };
  "fd/adapters": { params: Nothing; result: Adapters };
  "fd/promote": { params: AdapterId; result: Adapters };
  "fd/rollback": { params: Nothing; result: Adapters };
  "fd/reloadPolicy": { params: Nothing; result: Reloaded };
  "fd/explain": { params: ExplainParams; result: Explanation };
  "fd/whyNot": { params: WhyNotParams; result: WireCandidate };
  "fd/getStatus": { params: Nothing; result: Status };
}

/** What the client tells the server. */
export interface Tells {
  "fd/provideGoals": ProvidedGoals;
  "fd/provideErrors": ProvidedErrors;
}

/** What the server tells. */
export interface Events {
  "fd/candidates": CandidatesEvent;
  "fd/searchEvent": SearchEvent;
  "fd/status": Status;
}

/** `workspace/executeCommand` ids, without the suffix. */
export type ServerCommand =
  | "fd.accept"
  | "fd.reject"
  | "fd.prove"
  | "fd.proveAll"
  | "fd.tryTonight"
  | "fd.explain"
  | "fd.whyNot"
  | "fd.reloadPolicy";
