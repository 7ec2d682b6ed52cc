/** Candidates as they are judged, and the search tree. */

import type { Candidate, Intent, PartValue } from "../src/panel/messages";
import { button, element } from "./dom";

type Send = (intent: Intent) => void;
const MARKS = { closed: "✓", progressed: "→", failed: "✗", undecided: "?" } as const;

/** The rows of candidates: take, say no, explain. */
export function candidates(value: PartValue<"search">, send: Send): HTMLElement {
  const rows = value.candidates.map((candidate) => candidateRow(candidate, send));
  const list = element("ul", { class: "rows", "aria-label": "Candidates" }, ...rows);
  const insert = button("Insert the proof", "insert-proof", () => send({ type: "insertProof" }), { class: "primary" });
  return element(
    "div",
    {},
    element("p", { class: "summary" }, value.summary || "Put the cursor into a proof, then Suggest or Prove."),
    value.canInsert && element("p", { "data-row": true }, insert),
    list,
  );
}

function candidateRow(candidate: Candidate, send: Send): HTMLElement {
  const { key, text, verdict } = candidate;
  const named = `${text.replace(/\s+/g, " ").slice(0, 80)}: ${candidate.detail}`;
  const body = element(
    "div",
    { class: "what" },
    element("code", {}, text),
    element("span", { class: "detail" }, `${candidate.detail} · ${candidate.origin}`),
    ...candidate.after.map((goal) => element("pre", { class: "after" }, goal)),
  );
  const act = (type: "take" | "reject" | "explain"): (() => void) => {
    return () => send({ type, candidate: key });
  };
  return element(
    "li",
    { "data-row": true, class: verdict, "data-verdict": verdict },
    element("span", { class: "mark", "aria-hidden": "true" }, MARKS[verdict]),
    body,
    element(
      "span",
      { class: "actions" },
      candidate.canTake && button("Insert", `take ${key}`, act("take"), { "aria-label": `Insert ${named}` }),
      candidate.offered && button("Explain", `explain ${key}`, act("explain"), { "aria-label": `Explain ${named}` }),
      candidate.offered && button("Not this", `reject ${key}`, act("reject"), { "aria-label": `Reject ${named}` }),
    ),
  );
}

/** The tree of states, indented by depth. */
export function tree(value: PartValue<"tree">): HTMLElement {
  if (value.nodes.length === 0) return element("p", { class: "quiet" }, "No search yet.");
  const depths = new Map<number, number>();
  const items = ordered(value.nodes).map((node) => {
    const depth = node.parent === null ? 1 : (depths.get(node.parent) ?? 0) + 1;
    depths.set(node.id, depth);
    return treeItem(node, depth);
  });
  const more = value.dropped > 0 && element("p", { class: "quiet" }, `${String(value.dropped)} more states are not shown.`);
  return element("div", {}, element("div", { role: "tree", "aria-label": "Search tree", class: "tree" }, ...items), more);
}

type Node_ = PartValue<"tree">["nodes"][number];

function treeItem(node: Node_, depth: number): HTMLElement {
  const goals = node.goals === 1 ? "1 goal" : `${String(node.goals)} goals`;
  const item = element(
    "div",
    { role: "treeitem", "aria-level": String(depth), "data-row": true, "data-key": `node ${String(node.id)}`, tabindex: "-1" },
    element("code", {}, node.text || "the goal"),
    element("span", { class: "detail" }, node.expanded ? `${goals} · tried` : goals),
  );
  item.classList.add(`depth-${String(Math.min(depth, 12))}`);
  return item;
}

/** Children directly below their parent. */
function ordered(nodes: readonly Node_[]): Node_[] {
  const known = new Set(nodes.map((node) => node.id));
  const below = new Map<number | null, Node_[]>();
  for (const node of nodes) {
    const parent = node.parent !== null && known.has(node.parent) ? node.parent : null;
    below.set(parent, [...(below.get(parent) ?? []), node]);
  }
  const out: Node_[] = [];
  const waiting = [...(below.get(null) ?? [])].reverse();
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    out.push(node);
    waiting.push(...[...(below.get(node.id) ?? [])].reverse());
  }
  return out;
}
