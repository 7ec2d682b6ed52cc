/**
 * What the panel's page and the extension say to each other, checked on both sides.
 *
 * The page is shown text by Lean and by models; nothing that it sends is trusted: it names things by
 * keys and ids that the extension looks up, never by paths, edits or commands.
 */

import * as v from "valibot";

const Text = v.string();
const Key = v.pipe(v.string(), v.maxLength(400));
const Number_ = v.number();

/** What the user did in the page. */
export const Intent = v.variant("type", [
  v.object({ type: v.picklist(["ready", "refresh", "suggest", "prove", "stop", "insertProof", "rollback"]) }),
  v.object({ type: v.picklist(["fixStatus", "openRecords", "exportRecords", "purgeRecords", "changeRecording"]) }),
  v.object({ type: v.picklist(["take", "reject", "explain"]), candidate: Key }),
  v.object({ type: v.picklist(["openRow", "proveRow", "queueRow"]), row: Key }),
  v.object({ type: v.literal("unqueue"), goal: Key }),
  v.object({ type: v.literal("openReport"), run: Key }),
  v.object({ type: v.literal("promote"), adapter: Key }),
]);
export type Intent = v.InferOutput<typeof Intent>;

const Goal = v.object({ text: Text, case: v.optional(Text) });

const GoalPart = v.object({
  kind: v.picklist(["nowhere", "waiting", "goals", "complete", "noProof"]),
  place: Text,
  goals: v.array(Goal),
  reason: Text,
});

const CandidatePart = v.object({
  key: Text,
  text: Text,
  origin: Text,
  verdict: v.picklist(["closed", "progressed", "failed", "undecided"]),
  detail: Text,
  after: v.array(Text),
  canTake: v.boolean(),
  offered: v.boolean(),
});

const SearchPart = v.object({
  kind: v.picklist(["none", "suggesting", "proving"]),
  running: v.boolean(),
  judged: Number_,
  summary: Text,
  canInsert: v.boolean(),
  candidates: v.array(CandidatePart),
});

const TreeNode = v.object({
  id: Number_,
  parent: v.nullable(Number_),
  text: Text,
  goals: Number_,
  expanded: v.boolean(),
});

const BoardPart = v.object({
  rows: v.array(
    v.object({
      key: Text,
      declaration: Text,
      file: Text,
      line: Number_,
      kind: v.picklist(["sorry", "failing"]),
      since: v.nullable(Number_),
      bestAttempt: Text,
      verdict: Text,
      queued: v.boolean(),
    }),
  ),
  tonight: v.array(v.object({ id: Text, declaration: Text, place: Text })),
});

const RunsPart = v.object({
  runs: v.array(
    v.object({
      id: Text,
      phase: Text,
      startedAt: Number_,
      finishedAt: v.nullable(Number_),
      verdict: Text,
      hasReport: v.boolean(),
    }),
  ),
});

const AdaptersPart = v.object({
  promoted: Text,
  adapters: v.array(
    v.object({
      id: Text,
      baseModel: Text,
      createdAt: Number_,
      metrics: v.record(Text, Number_),
      status: Text,
      promoted: v.boolean(),
    }),
  ),
});

const RecordsPart = v.object({
  known: v.boolean(),
  path: Text,
  recording: v.boolean(),
  consent: v.picklist(["ask", "yes", "no"]),
  counts: v.array(v.tuple([Text, Number_])),
});

const EnginePart = v.object({
  state: Text,
  detail: Text,
  fix: Text,
  model: Text,
  lean: Text,
  isDown: v.boolean(),
});

/** One part of what the page shows, whole. */
export const Part = v.variant("part", [
  v.object({ part: v.literal("engine"), value: EnginePart }),
  v.object({ part: v.literal("goal"), value: GoalPart }),
  v.object({ part: v.literal("search"), value: SearchPart }),
  v.object({ part: v.literal("tree"), value: v.object({ nodes: v.array(TreeNode), dropped: Number_ }) }),
  v.object({ part: v.literal("board"), value: BoardPart }),
  v.object({ part: v.literal("runs"), value: RunsPart }),
  v.object({ part: v.literal("adapters"), value: AdaptersPart }),
  v.object({ part: v.literal("records"), value: RecordsPart }),
  v.object({ part: v.literal("notice"), value: v.object({ text: Text, isError: v.boolean() }) }),
]);
export type Part = v.InferOutput<typeof Part>;
export type PartName = Part["part"];
type PartValues = { [P in Part as P["part"]]: P["value"] };
export type PartValue<P extends PartName> = PartValues[P];
export type Candidate = v.InferOutput<typeof CandidatePart>;

/** A message of the other side in its type, or what is wrong with it. */
export function read<S extends v.GenericSchema>(
  schema: S,
  message: unknown,
): { readonly kind: "read"; readonly value: v.InferOutput<S> } | { readonly kind: "unreadable"; readonly what: string } {
  const result = v.safeParse(schema, message);
  if (result.success) return { kind: "read", value: result.output };
  const first = result.issues[0];
  return { kind: "unreadable", what: `${v.getDotPath(first) ?? "message"}: ${first.message}` };
}
