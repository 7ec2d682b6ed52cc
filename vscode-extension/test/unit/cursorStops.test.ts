import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { CursorStops, isOpenPlace } from "../../src/cursorStops";
import { FakeDocument, FakeEditor, editor } from "./support/vscode";

vi.mock("vscode", async () => import("./support/vscode"));

describe("an open place", () => {
  it.each(["  ", "    ", "theorem a : p := by", "theorem a : p := by ", "  · ", "  constructor <;> ", "  | succ n ih =>", "  have h : p :="])(
    "the end of %j",
    (before) => expect(isOpenPlace(before, "")).toBe(true),
  );
  it.each([
    ["", ""], ["  exact h", ""], ["-- a comment", ""], ["theorem standby", ""], ["  ", "omega"], ["import Mathlib", ""],
  ])("not between %j and %j", (before, after) => expect(isOpenPlace(before, after)).toBe(false));
});

describe("cursor stops", () => {
  let triggered: number;
  let isOn: boolean;
  let stops: CursorStops;
  let active: FakeEditor;

  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
    editor.reset();
    [triggered, isOn] = [0, true];
    stops = new CursorStops({ isOn: () => isOn, delayMs: () => 150, trigger: () => void triggered++ });
    active = new FakeEditor(new FakeDocument("theorem a : p := by\n  \n  exact h\n"));
    editor.active = active;
  });
  afterEach(() => {
    stops.dispose();
    vi.useRealTimers();
  });

  function moveTo(line: number, character: number): void {
    editor.selectionChanged.fire({ textEditor: active.at(line, character) });
  }
  function type(): void {
    active.document.version++;
    editor.documentChanged.fire({ document: active.document, contentChanges: [{}] });
  }

  it("ask where the cursor rests at an open place, once it has rested", () => {
    moveTo(1, 2);
    vi.advanceTimersByTime(149);
    expect(triggered).toBe(0);
    vi.advanceTimersByTime(2);
    expect(triggered).toBe(1);
  });

  it("a cursor that goes on asks for its last place only", () => {
    moveTo(0, 19);
    vi.advanceTimersByTime(100);
    moveTo(1, 2);
    vi.advanceTimersByTime(100);
    moveTo(2, 9);
    vi.advanceTimersByTime(1000);
    expect(triggered).toBe(0);
  });

  it("leave somebody who reads alone, and ask at the end of any step once they write", () => {
    moveTo(2, 9);
    vi.advanceTimersByTime(1000);
    expect(triggered).toBe(0);
    type();
    vi.advanceTimersByTime(1000);
    moveTo(2, 9);
    vi.advanceTimersByTime(1000);
    expect(triggered).toBe(1);
  });

  it("typing asks by itself: the cursor that goes with it does not", () => {
    type();
    moveTo(1, 2);
    vi.advanceTimersByTime(1000);
    expect(triggered).toBe(0);
  });

  it("not with a selection, in the middle of a line, in another language, or when turned off", () => {
    editor.selectionChanged.fire({ textEditor: Object.assign(active.at(1, 2), { selection: { isEmpty: false, active: { line: 1, character: 2, isEqual: () => true } } }) });
    vi.advanceTimersByTime(1000);
    moveTo(2, 3);
    vi.advanceTimersByTime(1000);
    isOn = false;
    moveTo(1, 2);
    vi.advanceTimersByTime(1000);
    isOn = true;
    active.document.languageId = "python";
    moveTo(1, 2);
    vi.advanceTimersByTime(1000);
    expect(triggered).toBe(0);
  });

  it("ask where the cursor rests when its tab is shown again", () => {
    editor.activeChanged.fire(active.at(1, 2));
    vi.advanceTimersByTime(200);
    expect(triggered).toBe(1);
    editor.activeChanged.fire(undefined);
    editor.activeChanged.fire(active.at(2, 9)); // somebody reads
    vi.advanceTimersByTime(1000);
    expect(triggered).toBe(1);
  });

  it("a server that has become ready is asked where the cursor stands", () => {
    active.at(1, 2);
    stops.ready();
    active.at(2, 9);
    stops.ready();
    expect(triggered).toBe(1);
  });
});
