import { describe, expect, it } from "vitest";

import { candidate, EDIT, FakeEditor, FakeLink, FakePage, GOALS } from "./fakes";

const suggestWith = (candidates: unknown): FakePage =>
  new FakePage(new FakeLink({ "fd/suggest": { state: GOALS, candidates, status: "idle" }, "fd/decision": {} }));

describe("suggesting", () => {
  it("streams what is judged, then shows the ranked list", async () => {
    let finish: (value: unknown) => void = () => undefined;
    const link = new FakeLink({ "fd/suggest": () => new Promise((resolve) => (finish = resolve)) });
    const page = new FakePage(link);
    const suggesting = page.controller.received({ type: "suggest" });
    const token = (link.asked[0]?.params as { token: string }).token;
    link.send("fd/candidates", { token, candidates: [candidate({ text: "simp" })], judged: 1, sampled: 9, done: false });
    link.send("fd/candidates", { token: "another", candidates: [candidate()], judged: 1, sampled: 9, done: false });
    expect((await page.shows("search")).candidates.map((c) => [c.text, c.canTake])).toEqual([["simp", false]]);
    finish({ state: GOALS, candidates: [candidate({ id: "s1", edit: EDIT })], status: "idle" });
    await suggesting;
    const shown = await page.shows("search");
    expect(shown).toMatchObject({ running: false, summary: "1 of 1 can be taken." });
    expect(shown.candidates[0]).toMatchObject({ text: "omega", canTake: true, detail: "closes the goal · 12 ms" });
    expect((await page.shows("goal")).goals[0]?.text).toContain("⊢ p ∧ q");
  });

  it("inserts what is taken and tells the server that it was accepted", async () => {
    const page = suggestWith([candidate({ id: "s1", edit: EDIT })]);
    await page.controller.received({ type: "suggest" });
    const [shown] = (await page.shows("search")).candidates;
    await page.controller.received({ type: "take", candidate: shown?.key });
    expect(page.editor.edits).toEqual([EDIT]);
    expect(page.link.asked).toContainEqual({ method: "fd/decision", params: { suggestionId: "s1", kind: "accepted" } });
  });

  it("takes nothing after the text changed, and tells no acceptance if the editor refuses", async () => {
    const page = suggestWith([candidate({ id: "s1", edit: EDIT })]);
    await page.controller.received({ type: "suggest" });
    const key = (await page.shows("search")).candidates[0]?.key;
    page.editor.takesEdits = false;
    await page.controller.received({ type: "take", candidate: key });
    expect(page.link.methods()).not.toContain("fd/decision");
    page.editor.takesEdits = true;
    page.controller.edited();
    await page.controller.received({ type: "take", candidate: key });
    expect(page.editor.edits).toEqual([]);
    expect((await page.shows("search")).candidates[0]?.canTake).toBe(false);
    expect((await page.shows("notice")).isError).toBe(true);
  });

  it("records a visible no", async () => {
    const page = suggestWith([candidate({ id: "s1", edit: EDIT })]);
    await page.controller.received({ type: "suggest" });
    const key = (await page.shows("search")).candidates[0]?.key;
    await page.controller.received({ type: "reject", candidate: key });
    expect(page.link.asked).toContainEqual({ method: "fd/decision", params: { suggestionId: "s1", kind: "rejected" } });
  });
});

describe("proving", () => {
  const found = {
    found: true, proof: "omega", reason: "", nodes: 3, milliseconds: 1200, suggestionId: "s9", edit: EDIT,
    audit: { kind: "proved", declaration: "t", axioms: [], reasons: [], milliseconds: 5 },
  };

  it("grows the tree, and inserts only what the audit passed", async () => {
    const link = new FakeLink({ "fd/prove": found, "fd/board": { rows: [] }, "fd/decision": {} });
    const page = new FakePage(link);
    await page.controller.received({ type: "prove" });
    const token = (link.asked[0]?.params as { token: string }).token;
    link.send("fd/searchEvent", { token, kind: "added", node: 1, text: "intro h", goals: 1, score: 0, expanded: 0, reason: "" });
    link.send("fd/searchEvent", { token, kind: "expanded", node: 1, text: "", goals: 2, score: 0, expanded: 1, reason: "" });
    expect((await page.shows("tree")).nodes).toEqual([{ id: 1, parent: null, text: "intro h", goals: 1, expanded: true }]);
    await page.controller.received({ type: "insertProof" });
    expect(page.editor.edits).toEqual([EDIT]);
  });

  it("says what was found but not proved, and offers no edit", async () => {
    const unaudited = { ...found, edit: undefined, audit: undefined, reason: "the audit ran out of time" };
    const page = new FakePage(new FakeLink({ "fd/prove": unaudited, "fd/board": { rows: [] } }));
    await page.controller.received({ type: "prove" });
    const shown = await page.shows("search");
    expect(shown.canInsert).toBe(false);
    expect(shown.summary).toContain("not proved: the audit ran out of time");
  });

  it("keeps a flood within bounds", async () => {
    const link = new FakeLink({ "fd/prove": found, "fd/board": { rows: [] } });
    const page = new FakePage(link);
    await page.controller.received({ type: "prove" });
    const token = (link.asked[0]?.params as { token: string }).token;
    const before = page.posted.length;
    for (let node = 0; node < 5000; node++) {
      link.send("fd/searchEvent", { token, kind: "added", node, text: "x", goals: 1, score: 0, expanded: 0, reason: "" });
    }
    const { nodes, dropped } = await page.shows("tree");
    expect(nodes.length + dropped).toBe(5000);
    expect(nodes.length).toBeLessThanOrEqual(600);
    expect(page.posted.length - before).toBeLessThan(20);
  });

  it("stops", async () => {
    const page = new FakePage(new FakeLink({ "fd/prove": () => ({ kind: "cancelled" }) }));
    await page.controller.received({ type: "prove" });
    expect((await page.shows("search")).summary).toBe("Stopped.");
    const waiting = new FakePage(new FakeLink({ "fd/prove": () => new Promise(() => undefined) }));
    void waiting.controller.received({ type: "prove" });
    await waiting.controller.received({ type: "stop" });
    expect(waiting.cancelled).toBe(1);
  });
});

describe("upkeep", () => {
  const range = { start: { line: 9, character: 2 }, end: { line: 9, character: 7 } };
  const row = { uri: "file:///p/B.lean", declaration: "b", kind: "sorry", range, goal: "", bestAttempt: "simp", verdict: "not proved", queued: false };
  const night = { goals: [{ id: "n1", uri: row.uri, declaration: "b", line: 9, at: 1 }] };
  const replies = {
    "fd/getStatus": { state: "idle", judged: 0, sampled: 0, detail: "", fix: "", model: "qwen", adapterId: "abcdef0123456789", lean: "4.27", memoryMb: 0, recording: true },
    "fd/board": { rows: [row] },
    "fd/night": night,
    "fd/tonight": night,
    "fd/nightRemove": { goals: [] },
    "fd/runs": { runs: [{ id: "r1", phase: "decide", startedAt: 5, finishedAt: 9, verdict: "promoted", report: "/data/runs/r1/report.html" }] },
    "fd/adapters": { adapters: [{ id: "a1", baseModel: "qwen", createdAt: 5, metrics: { solve: 0.5 }, status: "ok" }], promoted: "a1" },
    "fd/promote": { adapters: [], promoted: "a1" },
    "fd/rollback": { adapters: [] },
    "fd/records": { path: "/data/events.db", recording: true, consent: "yes", offered: 4, accepted: 1, rejected: 0, overridden: 2, unobserved: 1 },
  };

  it("shows everything when the page is ready", async () => {
    const page = new FakePage(new FakeLink(replies));
    await page.controller.received({ type: "ready" });
    expect(await page.shows("engine")).toMatchObject({ state: "idle", model: "qwen + abcdef012345", isDown: false });
    expect((await page.shows("board")).rows[0]).toMatchObject({ declaration: "b", file: "B.lean", line: 10, verdict: "not proved" });
    expect((await page.shows("board")).tonight[0]).toMatchObject({ id: "n1", place: "B.lean:10" });
    expect((await page.shows("records")).counts).toContainEqual(["overridden", 2]);
    expect((await page.shows("adapters")).adapters[0]?.promoted).toBe(true);
  });

  it("opens, queues and proves by the row's key only", async () => {
    const page = new FakePage(new FakeLink(replies));
    await page.controller.received({ type: "refresh" });
    const key = (await page.shows("board")).rows[0]?.key;
    await page.controller.received({ type: "openRow", row: key });
    await page.controller.received({ type: "queueRow", row: key });
    expect(page.editor.done).toContain("reveal file:///p/B.lean");
    expect(page.link.asked).toContainEqual({ method: "fd/tonight", params: { uri: row.uri, position: range.start } });
    await page.controller.received({ type: "openRow", row: "file:///etc/passwd" });
    expect(page.editor.done.filter((done) => done.startsWith("reveal"))).toHaveLength(1);
  });

  it("opens a report by its run's id, never by a path from the page", async () => {
    const page = new FakePage(new FakeLink(replies));
    await page.controller.received({ type: "refresh" });
    await page.controller.received({ type: "openReport", run: "r1" });
    await page.controller.received({ type: "openReport", run: "/etc/passwd" });
    expect(page.editor.done.filter((done) => done.startsWith("outside"))).toEqual(["outside /data/runs/r1/report.html"]);
  });

  it("asks before weights change", async () => {
    const page = new FakePage(new FakeLink(replies));
    page.editor.saysYes = false;
    await page.controller.received({ type: "promote", adapter: "a1" });
    await page.controller.received({ type: "rollback" });
    expect(page.link.methods()).not.toContain("fd/promote");
    expect(page.link.methods()).not.toContain("fd/rollback");
    page.editor.saysYes = true;
    await page.controller.received({ type: "rollback" });
    expect(page.link.methods()).toContain("fd/rollback");
  });

  it("prefers the goals of the user's own Lean", async () => {
    const page = new FakePage(new FakeLink(replies));
    page.editor.user = GOALS;
    await page.controller.moved();
    expect(page.link.methods()).not.toContain("fd/goals");
    expect((await page.shows("goal")).kind).toBe("goals");
  });

  it("hands records to the commands that ask and delete", async () => {
    const page = new FakePage(new FakeLink(replies));
    await page.controller.received({ type: "purgeRecords" });
    expect(page.editor.done).toContain("purgeRecords");
  });
});

describe("bad input", () => {
  it("says it when the page sends garbage, and does nothing", async () => {
    const page = new FakePage(new FakeLink());
    for (const message of [null, 7, {}, { type: "run", command: "rm" }, { type: "take" }, { type: "openRow", row: { a: 1 } }]) {
      await page.controller.received(message);
    }
    expect(page.link.asked).toEqual([]);
    expect((await page.shows("notice")).isError).toBe(true);
  });

  it("survives a server that answers garbage, and says which answer", async () => {
    const page = new FakePage(new FakeLink({ "fd/board": { rows: 3 }, "fd/adapters": {}, "fd/getStatus": { state: "idle" } }));
    await page.controller.received({ type: "refresh" });
    expect((await page.shows("notice")).text).toContain("can't read");
  });

  it("says what is missing and how to mend it when there is no server", async () => {
    const link = new FakeLink();
    const page = new FakePage(link);
    link.become({ kind: "missing", what: "no fd-server was found", fix: "Install it." });
    expect(await page.shows("engine")).toMatchObject({ detail: "no fd-server was found", fix: "Install it.", isDown: true });
    expect(link.asked).toEqual([]);
  });

  it("hears nothing more once it is closed", () => {
    const page = new FakePage(new FakeLink(), new FakeEditor());
    page.controller.dispose();
    expect(page.link.listening).toBe(0);
  });
});
