import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

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
let triggeredAnew: number;
let handedOver: number;
let halt: Promise<void>;
let ghost: GhostText;

beforeEach(() => {
  document = new FakeDocument("theorem a : p := by\n  ");
  active = new FakeEditor(document).at(1, 2);
  offered = new OfferedItems();
  [triggered, triggeredAnew, handedOver] = [0, 0, 0];
  halt = Promise.resolve();
  ghost = new GhostText({
    offered,
    typingHalts: () => halt,
    handOver: () => Promise.resolve(void handedOver++),
    activeEditor: () => active as never,
    trigger: () => void triggered++,
    triggerAnew: () => void triggeredAnew++,
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

  it("that crosses an edit is dropped, though nobody gave up: its ranges are about another text", async () => {
    const next = vi.fn(() => {
      document.version++;
      return [item("grind", "1")] as never;
    });
    const asked = (): Promise<unknown> =>
      ghost.provide(document as never, new Position(1, 2) as never, {} as never, OPEN as never, next);
    expect(await asked()).toBeUndefined();
    expect(offered.in(document as never)).toBeUndefined();
    halt = Promise.resolve().then(() => void document.version++);
    expect(await asked()).toBeUndefined();
    expect(next).toHaveBeenCalledTimes(1); // about a text that is gone nobody is asked
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
  /** What the server says the next time it is asked. */
  let then: () => unknown;
  let next: ReturnType<typeof vi.fn>;

  beforeEach(() => {
    vi.useFakeTimers();
    then = () => [item("late", "9")];
    next = vi.fn(() => then());
  });
  afterEach(() => void vi.useRealTimers());

  /** The editor is answered with nothing; then the engine tells how it fares. */
  async function asksInVain(): Promise<void> {
    next.mockImplementationOnce(() => []);
    await ghost.provide(document as never, new Position(1, 2) as never, {} as never, OPEN as never, next as never);
  }
  async function hears(status: Status): Promise<void> {
    ghost.onStatus(status);
    await vi.runOnlyPendingTimersAsync();
  }
  function editorAsks(context: object = {}): Promise<unknown> {
    return ghost.provide(document as never, new Position(1, 2) as never, context as never, OPEN as never, next as never);
  }

  it("is fetched when the engine comes to rest, and the editor is told to ask: it gets that at once", async () => {
    await asksInVain();
    await hears({ ...IDLE, state: "thinking" });
    expect(next).toHaveBeenCalledTimes(1);
    await hears(IDLE);
    expect(next).toHaveBeenCalledTimes(2);
    expect([triggered, triggeredAnew]).toEqual([0, 1]);
    expect(offered.in(document as never)?.items.map(({ id }) => id)).toEqual(["9"]);
    expect(await editorAsks()).toHaveLength(1);
    expect(next).toHaveBeenCalledTimes(2); // offered once, though asked for twice
    await editorAsks();
    expect(next).toHaveBeenCalledTimes(3);
  });

  it("the editor is left alone while there is still nothing, and the place asked about later on", async () => {
    await asksInVain();
    then = () => [];
    await hears(IDLE);
    expect(triggeredAnew).toBe(0);
    then = () => [item("late", "9")];
    await hears({ ...IDLE, judged: 7 });
    expect(triggeredAnew).toBe(1);
  });

  it("an entry of an open list is what the editor asks about: that goes to the server", async () => {
    await asksInVain();
    await hears(IDLE);
    await editorAsks({ selectedCompletionInfo: { text: "simp" } });
    expect(next).toHaveBeenCalledTimes(3);
  });

  it.each([
    ["the cursor went on", () => void active.at(0, 3)],
    ["the text changed", () => void document.version++],
    ["something is selected", () => void (active.selection = { isEmpty: false, active: new Position(1, 2) } as never)],
    ["something stands behind the cursor", () => void (document.text += "omega")],
    ["another server was started", () => ghost.onServerChanged()],
  ])("not if %s, before it is asked or while it is", async (_, happens) => {
    await asksInVain();
    then = () => {
      happens();
      return [item("late", "9")];
    };
    await hears(IDLE);
    await hears({ ...IDLE, judged: 7 });
    expect(next.mock.calls.length).toBe(2);
    expect(triggeredAnew).toBe(0);
  });

  it("is not remembered for a text that it is not about", async () => {
    await asksInVain();
    then = () => {
      document.version++;
      return [item("late", "9")];
    };
    await hears(IDLE);
    expect(offered.in(document as never)).toBeUndefined();
  });

  it("not if there was an answer, or the editor gave up", async () => {
    await editorAsks();
    await hears(IDLE);
    await ask([], { isCancellationRequested: true });
    await hears({ ...IDLE, judged: 7 });
    expect([next.mock.calls.length, triggeredAnew]).toEqual([1, 0]);
  });

  it("a server that can't be asked is not asked again", async () => {
    await asksInVain();
    then = () => Promise.reject(new Error("gone"));
    await hears(IDLE);
    await hears({ ...IDLE, judged: 7 });
    expect([next.mock.calls.length, triggeredAnew]).toEqual([2, 0]);
    await expect(editorAsks()).rejects.toThrow("gone");
  });

  it("where the editor was answered with nothing, it is made to ask anew; elsewhere it just asks", async () => {
    ghost.suggest();
    await asksInVain();
    ghost.suggest();
    active.at(0, 3);
    ghost.suggest();
    expect([triggered, triggeredAnew]).toEqual([2, 1]);
  });
});
