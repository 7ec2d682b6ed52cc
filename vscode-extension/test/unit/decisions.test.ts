import { beforeEach, describe, expect, it, vi } from "vitest";

import { alternativesHover, LINKED } from "../../src/alternatives";
import { registerProofCommands, verdictPage } from "../../src/commands";
import { Decisions } from "../../src/decisions";
import { OfferedItems } from "../../src/offered";
import type { WireCandidate } from "../../src/protocol";
import { FakeDocument, FakeEditor, Position, Range, Uri, editor } from "./support/vscode";

vi.mock("vscode", async () => import("./support/vscode"));

const RANGE = new Range(new Position(1, 2), new Position(1, 4));

function item(id: string, text: string, verdict: string): object {
  return { insertText: text, range: RANGE, command: { command: "fd.accept.vscode", title: verdict, arguments: [id] } };
}

let document: FakeDocument;
let active: FakeEditor;
let offered: OfferedItems;
let ran: unknown[][];
let answer: unknown;
const link = {
  run: (...said: unknown[]) => {
    ran.push(said);
    return Promise.resolve(answer);
  },
  request: (...said: unknown[]) => {
    ran.push(said);
    return Promise.resolve(answer);
  },
};
let decisions: Decisions;
let shown: string[][];
const pages = { showMarkdown: (...page: string[]) => Promise.resolve(void shown.push(page)) };

beforeEach(() => {
  editor.reset();
  shown = [];
  [ran, answer] = [[], { kind: "answered", value: {} }];
  document = new FakeDocument("theorem a : p := by\n  ex");
  active = new FakeEditor(document).at(1, 4);
  editor.active = active;
  offered = new OfferedItems();
  decisions = new Decisions(offered, link as never);
  registerProofCommands({ link, decisions, pages, suggest: () => undefined } as never);
});

function offer(...items: object[]): void {
  offered.remember(document as never, new Position(1, 4) as never, items as never);
}
const BOTH = [item("1", "exact h", "closes the goal · 9 ms · portfolio"), item("2", "exact (by\n  simp)", "closes the goal · 20 ms · policy")];

describe("rejecting", () => {
  it("says no to the one that is shown, with a reason, and hides it", async () => {
    offer(BOTH[0] as object);
    editor.answers = ["too slow"];
    await decisions.reject(active as never);
    expect(ran).toEqual([["fd.reject", "1", "too slow"]]);
    expect(editor.executed).toEqual([["editor.action.inlineSuggest.hide"]]);
    expect(offered.in(document as never)?.items).toEqual([]);
  });

  it("without a reason it is a rejection, too; which one is asked if there are several", async () => {
    offer(...BOTH);
    editor.answers = ["exact (by …", undefined];
    await decisions.reject(active as never);
    expect(ran).toEqual([["fd.reject", "2", ""]]);
    expect(editor.picks[0]?.items.map((each) => each.detail)).toEqual([
      "closes the goal · 9 ms · portfolio", "closes the goal · 20 ms · policy",
    ]);
  });

  it("Esc at the first question rejects nothing", async () => {
    offer(...BOTH);
    await decisions.reject(active as never);
    expect(ran).toEqual([]);
  });

  it("where nothing is offered it says how to get something", async () => {
    await decisions.reject(active as never);
    expect(editor.messages[0]).toContain("nothing is offered here");
  });
});

describe("keys that are faster than the answer", () => {
  const change = (text: string, character: number, length = 0): void => {
    const range = new Range(new Position(1, character), new Position(1, character + length));
    document.version++;
    offered.changed({ document, contentChanges: [{ range, text }] } as never);
  };
  const ids = (): string[] | undefined => offered.in(document as never)?.items.map(({ id }) => id);

  it("what is on the screen is rejected, though its first letters were typed since", async () => {
    offer(BOTH[0] as object);
    change("a", 4);
    change("c", 5);
    editor.answers = ["too slow"];
    await decisions.reject(active as never);
    expect(ran).toEqual([["fd.reject", "1", "too slow"]]);
  });

  it("an alternative that was typed into is written over what was typed", async () => {
    offer(...BOTH);
    change("act", 4);
    change(" (", 7);
    expect(ids()).toEqual(["2"]);
    editor.answers = ["exact (by …"];
    await decisions.choose(active as never);
    expect(active.edits).toEqual([[new Range(new Position(1, 2), new Position(1, 9)), "exact (by\n  simp)"]]);
  });

  it("an empty answer that comes later does not take back what is still on the screen", () => {
    offer(...BOTH);
    change("a", 4);
    offered.remember(document as never, new Position(1, 5) as never, []);
    expect(ids()).toEqual(["1", "2"]);
    offered.remember(document as never, new Position(1, 5) as never, [item("3", "exact h", "closes the goal")] as never);
    expect(ids()).toEqual(["3"]);
    offered.remember(document as never, new Position(1, 5) as never, []);
    expect(ids()).toEqual([]);
  });

  it.each<[string, () => void]>([
    ["it was taken", () => change("act h", 4)],
    ["something else is written", () => change("b", 4)],
    ["a line is broken", () => change("act (by\n", 4)],
    ["something is deleted", () => change("", 3, 1)],
    ["it is written elsewhere", () => change("a", 2)],
  ])("nothing is offered any more when %s", (_, happens) => {
    offer(...BOTH);
    happens();
    expect(offered.in(document as never)).toBeUndefined();
  });

  it("other documents, and saves, change nothing", () => {
    offer(...BOTH);
    const other = new FakeDocument("x", 7, Uri.file("/project/B.lean"));
    offered.changed({ document: other, contentChanges: [{ range: RANGE, text: "x" }] } as never);
    offered.changed({ document, contentChanges: [] } as never);
    expect(ids()).toEqual(["1", "2"]);
  });
});

describe("alternatives", () => {
  it("one is chosen, written where it was offered, and told as accepted", async () => {
    offer(...BOTH);
    editor.answers = ["exact (by …"];
    await decisions.choose(active as never);
    expect(active.edits).toEqual([[RANGE, "exact (by\n  simp)"]]);
    expect(ran).toEqual([["fd.accept", "2"]]);
  });

  it("is not written, nor told as accepted, if another text stands there by the time one is chosen", async () => {
    offer(...BOTH);
    editor.onPick = () => void document.version++;
    editor.answers = ["exact h"];
    await decisions.choose(active as never);
    expect([active.edits, ran]).toEqual([[], []]);
    expect(editor.messages[0]).toContain("the text has changed meanwhile");
  });

  it("that is typed into while one is chosen is written over what was typed", async () => {
    offer(...BOTH);
    editor.onPick = () => {
      document.version++;
      const range = new Range(new Position(1, 4), new Position(1, 4));
      offered.changed({ document, contentChanges: [{ range, text: "act" }] } as never);
    };
    editor.answers = ["exact h"];
    await decisions.choose(active as never);
    expect(active.edits).toEqual([[new Range(new Position(1, 2), new Position(1, 7)), "exact h"]]);
    expect(ran).toEqual([["fd.accept", "1"]]);
  });

  it("is not told as accepted if the editor did not take the edit", async () => {
    offer(...BOTH);
    active.takesEdits = false;
    editor.answers = ["exact h"];
    await decisions.choose(active as never);
    expect(ran).toEqual([]);
  });

  it("are in a hover with verdict, origin and cost; its links are ours alone and carry ids", () => {
    offer(...BOTH);
    const hover = alternativesHover(offered, document as never, new Position(1, 3) as never);
    const text = hover?.contents as unknown as { value: string; isTrusted: unknown };
    expect(text.value).toContain("closes the goal · 9 ms · portfolio");
    expect(text.value).toContain("```lean4\nexact h\n```");
    expect(text.isTrusted).toEqual({ enabledCommands: LINKED });
    expect(text.value).toContain(`command:fd-prover.rejectSuggestion?${encodeURIComponent('["2"]')}`);
    for (const id of LINKED) expect(editor.registered.has(id)).toBe(true);
  });

  it("no hover on other lines, after an edit, or without an offer", () => {
    offer(...BOTH);
    expect(alternativesHover(offered, document as never, new Position(0, 3) as never)).toBeUndefined();
    document.version++;
    expect(alternativesHover(offered, document as never, new Position(1, 3) as never)).toBeUndefined();
    offer();
    expect(alternativesHover(offered, document as never, new Position(1, 3) as never)).toBeUndefined();
  });
});

describe("commands", () => {
  const run = (id: string, ...parameters: unknown[]): unknown => editor.registered.get(`fd-prover.${id}`)?.(...parameters);

  it("prove, prove all and tonight ask the server, which shows its own progress", async () => {
    await run("proveHere");
    await run("proveFile");
    await run("tryTonight");
    const uri = document.uri.toString();
    const here = { line: 1, character: 4 };
    expect(ran).toEqual([["fd.prove", uri, here], ["fd.proveAll", uri], ["fd.tryTonight", uri, here]]);
  });

  it("a refusal is said with its fix", async () => {
    answer = { kind: "refused", what: "fd-server does not run.", fix: "Restart it." };
    await run("proveHere");
    expect(editor.messages).toEqual(["FD Prover: fd-server does not run. Restart it."]);
  });

  it("outside of a Lean file they say so", async () => {
    document.languageId = "markdown";
    await run("proveHere");
    expect([ran, editor.messages.length]).toEqual([[], 1]);
  });

  it("an explanation is a page beside the code", async () => {
    offer(BOTH[0] as object);
    answer = { kind: "answered", value: { markdown: "because" } };
    await run("explainSuggestion", "1");
    expect(ran).toEqual([["fd/explain", { suggestionId: "1" }]]);
    expect(shown).toEqual([["Why this suggestion", "because"]]);
  });

  it("Lean's verdict on the user's own text is a page", () => {
    const judged = (verdict: object): string =>
      verdictPage({ text: "exact x", origin: "user", verdict: { milliseconds: 12.4, after: [], messages: [], axioms: [], reason: "", ...verdict } } as never as WireCandidate);
    expect(judged({ kind: "closed" })).toContain("closes the goal (12 ms)");
    expect(judged({ kind: "failed", messages: ["type mismatch"] })).toContain("```lean\ntype mismatch\n```");
    expect(judged({ kind: "progressed", after: [{ target: "q", text: "" }] })).toContain("⊢ q");
    expect(judged({ kind: "undecided", reason: "time" })).toContain("did not come to a verdict (12 ms): time");
  });
});
