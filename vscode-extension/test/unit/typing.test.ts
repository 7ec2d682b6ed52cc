import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Typing } from "../../src/typing";
import { EventEmitter } from "./support/vscode";

let typing: Typing;
let given: EventEmitter<unknown>;
let token: { isCancellationRequested: boolean; onCancellationRequested: unknown };
let halted: number;

beforeEach(() => {
  vi.useFakeTimers();
  typing = new Typing();
  given = new EventEmitter();
  token = { isCancellationRequested: false, onCancellationRequested: given.event };
  halted = 0;
});
afterEach(() => vi.useRealTimers());

async function ask(): Promise<void> {
  void typing.halts(token as never).then(() => halted++);
  await vi.advanceTimersByTimeAsync(0);
}

describe("typing", () => {
  it("does not hold up who does not type, nor the first key after a pause", async () => {
    await ask();
    typing.key();
    await ask();
    await vi.advanceTimersByTimeAsync(301);
    typing.key();
    await ask();
    expect(halted).toBe(3);
  });

  it("in a run of keys waits for its halt, and no longer", async () => {
    typing.key();
    await vi.advanceTimersByTimeAsync(70);
    typing.key();
    await ask();
    await vi.advanceTimersByTimeAsync(119);
    expect(halted).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(halted).toBe(1);
    await ask();
    expect(halted).toBe(2);
  });

  it("takes two changes by one key for one", async () => {
    typing.key();
    await vi.advanceTimersByTimeAsync(5);
    typing.key();
    await ask();
    expect(halted).toBe(1);
  });

  it("ends the wait when the editor gives up, and leaves no timer", async () => {
    typing.key();
    await vi.advanceTimersByTimeAsync(70);
    typing.key();
    await ask();
    given.fire(undefined);
    await vi.advanceTimersByTimeAsync(0);
    expect(halted).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
