/**
 * Params and results of the `fd/…` methods. What the server leaves out when it is empty is optional.
 *
 * Made by `python scripts/mirror_protocol.py` from `server/fd_core/protocol`; a test keeps them equal.
 * What it says and why is in docs/lsp-extensions.md.
 */

export type EngineState = "idle" | "thinking" | "nothing found" | "out of budget" | "Lean down" | "policy down";

/** An adapter by id. */
export interface AdapterId {
  readonly id: string;
}

/** All adapters; `promoted` is the one served. */
export interface Adapters {
  readonly adapters: readonly WireAdapter[];
  readonly promoted?: string;
}

/** The sorry board. */
export interface Board {
  readonly rows: readonly BoardRow[];
}

/** Which project (default: all open ones); `goals` asks Lean for each goal, which takes longer. */
export interface BoardParams {
  readonly uri?: string;
  readonly goals?: boolean;
}

/** One `sorry` or failing declaration of the project. */
export interface BoardRow {
  readonly uri: string;
  readonly declaration: string;
  readonly kind: "sorry" | "failing";
  readonly range: WireRange;
  readonly goal: string;
  readonly since?: number;
  readonly bestAttempt: string;
  readonly verdict: string;
  readonly queued: boolean;
}

/** Candidates as they are judged; `done` with the last. */
export interface CandidatesEvent {
  readonly token: string;
  readonly candidates: readonly WireCandidate[];
  readonly judged: number;
  readonly sampled: number;
  readonly done: boolean;
}

/** The user's answer to whether decisions may be recorded on this machine. */
export interface ConsentParams {
  readonly recorded: boolean;
}

/** What the user did with a suggestion, told by a front end. */
export interface DecisionParams {
  readonly suggestionId: string;
  readonly kind: "accepted" | "rejected" | "overridden" | "unobserved";
  readonly reason?: string;
  readonly text?: string;
  readonly partial?: boolean;
}

/** Why a suggestion was made. */
export interface ExplainParams {
  readonly suggestionId: string;
}

/** Origin, verdict, goals before and after, nearest earlier proof in the file. */
export interface Explanation {
  readonly markdown: string;
}

/** `goals`: there is something to prove; `complete`: nothing left; `noProof`: nothing here. */
export interface GoalsResult {
  readonly kind: "goals" | "complete" | "noProof";
  readonly goals: readonly WireGoal[];
  readonly digest: string;
  readonly reason: string;
}

/** A goal queued for tonight. */
export interface NightGoal {
  readonly id: string;
  readonly uri: string;
  readonly declaration: string;
  readonly line: number;
  readonly at: number;
}

/** All goals queued for tonight. */
export interface NightQueue {
  readonly goals: readonly NightGoal[];
}

/** Take a goal out of tonight's queue. */
export interface NightRemove {
  readonly id: string;
}

/** No params, or no result. */
export type Nothing = Readonly<Record<string, never>>;

/** A position in a document; `version` is checked if given. */
export interface Place {
  readonly uri: string;
  readonly position: WirePosition;
  readonly version?: number;
}

/** Search a whole proof for the `sorry` (or failing step) at a place, audit and minimise it. */
export interface ProveParams {
  readonly uri: string;
  readonly position: WirePosition;
  readonly version?: number;
  readonly token?: string;
  readonly seconds?: number;
  readonly nodes?: number;
}

/** `edit` only if `audit` is proved. */
export interface ProveResult {
  readonly found: boolean;
  readonly proof: string;
  readonly edit?: WireEdit;
  readonly audit?: WireAudit;
  readonly suggestionId?: string;
  readonly reason: string;
  readonly nodes: number;
  readonly milliseconds: number;
}

/** All errors that the user's own Lean server reports for this version. */
export interface ProvidedErrors {
  readonly uri: string;
  readonly version: number;
  readonly errors: readonly WireError[];
}

/** Goals that the editor got from the user's own Lean server for this version and place. */
export interface ProvidedGoals {
  readonly uri: string;
  readonly position: WirePosition;
  readonly version?: number;
  readonly answer: GoalsResult;
}

/** What is recorded, and where. */
export interface RecordsStats {
  readonly path: string;
  readonly recording: boolean;
  readonly consent: "ask" | "yes" | "no";
  readonly offered: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly overridden: number;
  readonly unobserved: number;
}

/** Which weights speak now. */
export interface Reloaded {
  readonly baseModel: string;
  readonly adapterId?: string;
}

/** All runs on this machine, newest first. */
export interface Runs {
  readonly runs: readonly WireRun[];
}

/** The search tree as it grows: one node each, or the end. */
export interface SearchEvent {
  readonly token: string;
  readonly kind: "expanded" | "added" | "solved" | "finished";
  readonly node: number;
  readonly parent?: number;
  readonly text: string;
  readonly goals: number;
  readonly score: number;
  readonly expanded: number;
  readonly reason: string;
}

/** The verdict, and the new node if there is one. */
export interface SessionApplied {
  readonly candidate: WireCandidate;
  readonly node?: SessionNode;
}

/** Let Lean judge a text at a node (default: the current one) and go there if it is offerable. `again`: a step of a session that is built up anew; it is no decision of the user's, and its `origin` is what was told of it before. */
export interface SessionApply {
  readonly session: string;
  readonly text: string;
  readonly node?: number;
  readonly suggestionId?: string;
  readonly again?: boolean;
  readonly origin?: string;
}

/** A session and a node (default: the current one). */
export interface SessionAt {
  readonly session: string;
  readonly node?: number;
}

/** Audit the finished proof of a node, minimise it if asked, and return the edit. */
export interface SessionFinish {
  readonly session: string;
  readonly node?: number;
  readonly minimise?: boolean;
}

/** Give a branch a name. */
export interface SessionName {
  readonly session: string;
  readonly node?: number;
  readonly name: string;
}

/** One state of a session's undo tree. `candidate` led here from `parent`. */
export interface SessionNode {
  readonly id: number;
  readonly parent?: number;
  readonly candidate?: WireCandidate;
  readonly state: GoalsResult;
  readonly name: string;
}

/** Open a proving session at a `sorry`; nothing is written to the file. */
export interface SessionOpen {
  readonly uri: string;
  readonly position: WirePosition;
  readonly version?: number;
}

/** Search from a node; tree events arrive as `fd/searchEvent` under `token`. */
export interface SessionSearch {
  readonly session: string;
  readonly node?: number;
  readonly token: string;
  readonly seconds?: number;
  readonly nodes?: number;
}

/** A whole session; `current` is the node the user stands at. */
export interface SessionTree {
  readonly session: string;
  readonly uri: string;
  readonly declaration: string;
  readonly range: WireRange;
  readonly current: number;
  readonly nodes: readonly SessionNode[];
}

/** What the engine does; `fix` says what to do where something is down. `protocol` is the version of this protocol that the server speaks. */
export interface Status {
  readonly state: "idle" | "thinking" | "nothing found" | "out of budget" | "Lean down" | "policy down";
  readonly judged: number;
  readonly sampled: number;
  readonly detail: string;
  readonly fix: string;
  readonly model: string;
  readonly adapterId: string;
  readonly lean: string;
  readonly memoryMb: number;
  readonly recording: boolean;
  readonly protocol: number;
}

/** Ask for candidates at a place. With `token`, they are also streamed by `fd/candidates`. */
export interface SuggestParams {
  readonly uri: string;
  readonly position: WirePosition;
  readonly version?: number;
  readonly token?: string;
  readonly wholeProof?: boolean;
  readonly limit?: number;
  readonly seconds?: number;
  readonly includeFailed?: boolean;
}

/** Everything judged within the budget, ranked. */
export interface SuggestResult {
  readonly state: GoalsResult;
  readonly candidates: readonly WireCandidate[];
  readonly status: string;
}

/** Why not this text here? Lean answers. */
export interface WhyNotParams {
  readonly uri: string;
  readonly position: WirePosition;
  readonly version?: number;
  readonly text: string;
}

/** One adapter of the registry. */
export interface WireAdapter {
  readonly id: string;
  readonly baseModel: string;
  readonly parent?: string;
  readonly createdAt: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly status: string;
}

/** The audit of a whole declaration. */
export interface WireAudit {
  readonly kind: "proved" | "notProved" | "undecided";
  readonly declaration: string;
  readonly axioms: readonly string[];
  readonly reasons: readonly string[];
  readonly milliseconds: number;
}

/** A judged candidate. `id` is set once it was offered; decisions refer to it. */
export interface WireCandidate {
  readonly text: string;
  readonly origin: string;
  readonly verdict: WireVerdict;
  readonly id?: string;
  readonly logprob?: number;
  readonly baseModel: string;
  readonly adapterId: string;
  readonly edit?: WireEdit;
}

/** One replacement, valid for `version` only. */
export interface WireEdit {
  readonly uri: string;
  readonly version?: number;
  readonly range: WireRange;
  readonly newText: string;
}

/** An error that Lean reports in a document. */
export interface WireError {
  readonly range: WireRange;
  readonly message: string;
}

/** One goal; `text` is Lean's own rendering. */
export interface WireGoal {
  readonly target: string;
  readonly hypotheses: readonly WireHypothesis[];
  readonly case?: string;
  readonly text: string;
}

/** `change` is against the goal before: "inserted", "removed" or absent. */
export interface WireHypothesis {
  readonly names: readonly string[];
  readonly type: string;
  readonly value?: string;
  readonly change?: "inserted" | "removed";
}

/** An LSP position: `character` in units of the negotiated encoding. */
export interface WirePosition {
  readonly line: number;
  readonly character: number;
}

/** An LSP range. */
export interface WireRange {
  readonly start: WirePosition;
  readonly end: WirePosition;
}

/** One overnight run. */
export interface WireRun {
  readonly id: string;
  readonly phase: string;
  readonly startedAt: number;
  readonly finishedAt?: number;
  readonly verdict?: string;
  readonly report?: string;
}

/** A verdict with its cost. `after` for progressed, `messages` for failed, `reason` for undecided. `heartbeats` in thousands, where Lean told. */
export interface WireVerdict {
  readonly kind: "closed" | "progressed" | "failed" | "undecided";
  readonly milliseconds: number;
  readonly heartbeats?: number;
  readonly after: readonly WireGoal[];
  readonly messages: readonly string[];
  readonly axioms: readonly string[];
  readonly reason: string;
}
