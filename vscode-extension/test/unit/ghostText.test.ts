import { beforeEach, describe, expect, it, vi } from "vitest";

import { GhostText } from "../../src/ghostText";
import { OfferedItems } from "../../src/offered";
import type { Status } from "../../src/protocol";
import { FakeDocument, FakeEditor, Position } from "./support/vscode";

vi.mock("vscode", async () => import("./support/vscode"));

const IDLE = { state: "idle", judged: 6, sampled: 13 } as Status;
const OPEN = { isCancellationRequested: false };

function item(text: string, id: string): object {
  return { insertText: text, command: { command: "fd.accept.vscode", title: "closes the goal · 9 ms · portfolio", arguments: [id] } };
}

let document: FakeDocument;
let active: FakeEditor;
let offered: OfferedItems;
let triggered: number;
let handedOver: number;
let halt: Promise<void>;
let ghost: GhostText;

beforeEach(() => {
  document = new FakeDocument("theorem a : p := by\n  ");
  active = new FakeEditor(document).at(1, 2);
  offered = new OfferedItems();
  [triggered, handedOver] = [0, 0];
  halt = Promise.resolve();
  ghost = new GhostText({
    offered,
    typingHalts: () => halt,
    handOver: () => Promise.resolve(void handedOver++),
    activeEditor: () => active as never,
    trigger: () => void triggered++,
  });
});

function ask(answer: unknown, token: object = OPEN): Promise<unknown> {
  return ghost.provide(document as never, new Position(1, 2) as never, {} as never, token as never, () => answer as never);
}

describe("ghost text", () => {
  it("passes the server's answer on as it is, after goals were handed over, and remembers it", async () => {
    const answer = { items: [item("grind", "1"), item("simp", "2")] };
    expect(await ask(answer)).toBe(answer);
    expect(handedOver).toBe(1);
    const known = offered.in(document as never);
    expect(known?.items.map(({ id, text, verdict }) => [id, text, verdict])).toEqual([
      ["1", "grind", "closes the goal · 9 ms · portfolio"],
      ["2", "simp", "closes the goal · 9 ms · portfolio"],
    ]);
  });

  it("is not remembered for another version of the document, and not if the editor gave up", async () => {
    await ask([item("grind", "1")]);
    document.version++;
    expect(offered.in(document as never)).toBeUndefined();
    const token = { isCancellationRequested: false };
    const late = ghost.provide(document as never, new Position(1, 2) as never, {} as never, token as never, () => {
      token.isCancellationRequested = true;
      return [item("late", "3")] as never;
    });
    expect(await late).toBeUndefined();
    expect(offered.in(document as never)).toBeUndefined();
  });

  it("asks nobody if the editor gave up while goals were fetched", async () => {
    const next = vi.fn();
    const gone = { isCancellationRequested: true };
    await ghost.provide(document as never, new Position(1, 2) as never, {} as never, gone as never, next);
    expect(next).not.toHaveBeenCalled();
  });

  it("in a run of keys it hands over and asks only when the run halts, and then only if nobody gave up", async () => {
    let halts = (): void => undefined;
    halt = new Promise((resolve) => (halts = resolve));
    const next = vi.fn(() => [item("grind", "1")] as never);
    const token = { isCancellationRequested: false };
    const asked = (): Promise<unknown> =>
      ghost.provide(document as never, new Position(1, 2) as never, {} as never, token as never, next);
    const [first, second] = [asked(), asked()];
    await Promise.resolve();
    expect([handedOver, next.mock.calls.length]).toEqual([0, 0]);
    halts();
    expect(await first).toHaveLength(1);
    await second;
    token.isCancellationRequested = true;
    expect(await asked()).toBeUndefined();
    expect([handedOver, next.mock.calls.length]).toEqual([2, 2]);
  });

  it("garbage in an item's command makes no alternative of it", async () => {
    await ask([{ insertText: "x" }, { insertText: "y", command: { arguments: [7] } }, item("z", "ok")]);
    expect(offered.in(document as never)?.items.map((each) => each.id)).toEqual(["ok"]);
  });
});

describe("what becomes ready too late", () => {
  it("is asked for again, once, when the engine comes to rest with something judged", async () => {
    await ask({ items: [] });
    ghost.onStatus({ ...IDLE, state: "thinking" });
    ghost.onStatus({ ...IDLE, judged: 0 });
    expect(triggered).toBe(0);
    ghost.onStatus(IDLE);
    ghost.onStatus(IDLE);
    expect(triggered).toBe(1);
    await ask({ items: [] }); // still nothing: no loop
    ghost.onStatus(IDLE);
    expect(triggered).toBe(1);
  });

  it.each([
    ["the cursor went on", () => void active.at(0, 3)],
    ["the text changed", () => void document.version++],
    ["something is selected", () => void (active.selection = { isEmpty: false, active: new Position(1, 2) } as never)],
  ])("not if %s", async (_, happens) => {
    await ask(undefined);
    happens();
    ghost.onStatus(IDLE);
    expect(triggered).toBe(0);
  });

  it("not if there was an answer", async () => {
    await ask({ items: [item("grind", "1")] });
    ghost.onStatus(IDLE);
    expect(triggered).toBe(0);
  });

  it("also while the model is down and Lean's automation goes on", async () => {
    await ask([]);
    ghost.onStatus({ ...IDLE, state: "policy down" });
    expect(triggered).toBe(1);
  });

  it("anew at another place", async () => {
    await ask([]);
    ghost.onStatus(IDLE);
    document.version++;
    await ask([]);
    ghost.onStatus(IDLE);
    expect(triggered).toBe(2);
  });
});
