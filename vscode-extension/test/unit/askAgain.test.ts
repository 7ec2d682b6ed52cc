import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { AskAgain, LEAN_DOWN_MS, MOST, SAME_WORK_MS } from "../../src/askAgain";
import type { EngineState, Status } from "../../src/protocol";

const MINUTES = 60_000;

/** A server of which a test says how it answers, and what it tells while it does. */
let answers: "empty" | "something" | "never";
let whenAsked: () => void;
let place: string;
let questions: number[];
let again: AskAgain;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  [answers, place, questions] = ["empty", "here", []];
  whenAsked = () => undefined;
  again = new AskAgain({ stands: (other) => other === place, ask: () => ask() });
});
afterEach(() => void vi.useRealTimers());

/** The editor asks: the user's doing, or ours. */
function ask(): void {
  questions.push(Date.now());
  const report = again.asking(place);
  whenAsked();
  if (answers !== "never") report(answers);
}

function tell(state: EngineState, judged = 0, sampled = judged): void {
  again.heard({ state, judged, sampled } as Status);
}

/** Questions of ours: all but the user's first. */
function ours(): number {
  return questions.length - 1;
}

describe("a file that Lean still reads", () => {
  it("is asked about when work ended that found something, however long it took", () => {
    tell("thinking");
    ask();
    vi.advanceTimersByTime(4 * MINUTES);
    expect(ours()).toBe(0);
    tell("thinking", 3, 8);
    answers = "something";
    tell("idle", 6, 13);
    vi.advanceTimersByTime(0);
    expect(ours()).toBe(1);
    tell("idle", 7, 13);
    vi.advanceTimersByTime(5 * MINUTES);
    expect(ours()).toBe(1);
  });

  it("is asked about again although other work ended first, for a quick fix at the same place", () => {
    tell("thinking");
    ask();
    for (const judged of [4, 5, 6]) {
      tell("idle", judged);
      vi.advanceTimersByTime(10_000);
      tell("thinking");
    }
    expect(ours()).toBe(3);
    answers = "something";
    tell("idle", 9);
    vi.advanceTimersByTime(5_000);
    expect(ours()).toBe(4);
  });

  it("is not asked about while the server is being asked: that would stop its work", () => {
    answers = "never";
    ask();
    tell("thinking");
    tell("idle", 6);
    tell("nothing found", 9);
    vi.advanceTimersByTime(MINUTES);
    expect(ours()).toBe(0);
  });

  it("what is found while an empty answer is on its way is asked for, too", () => {
    const report = again.asking(place);
    questions.push(Date.now());
    tell("thinking");
    tell("idle", 6);
    report("empty");
    vi.advanceTimersByTime(0);
    expect(ours()).toBe(1);
  });

  it("also while the model is down and Lean's automation goes on", () => {
    ask();
    tell("policy down", 6);
    vi.advanceTimersByTime(0);
    expect(ours()).toBe(1);
  });
});

describe("work that ended without a find", () => {
  it.each<EngineState>(["nothing found", "out of budget", "idle"])("%s: asked once more, it may have been another's", (state) => {
    ask();
    vi.advanceTimersByTime(MINUTES);
    for (let round = 0; round < 5; round++) {
      tell("thinking");
      tell(state, 0, round);
      vi.advanceTimersByTime(MINUTES);
    }
    expect(ours()).toBe(1);
  });

  it("is no news where it is the work that gave the answer", () => {
    tell("thinking");
    ask();
    vi.advanceTimersByTime(SAME_WORK_MS - 1);
    tell("nothing found", 9);
    vi.advanceTimersByTime(5 * MINUTES);
    expect(ours()).toBe(0);
  });
});

describe("Lean that is down", () => {
  it("is asked for now and then, ever more rarely, and not for ever", () => {
    tell("Lean down");
    ask();
    vi.advanceTimersByTime(LEAN_DOWN_MS - 1);
    expect(ours()).toBe(0);
    vi.advanceTimersByTime(10 * MINUTES);
    expect(ours()).toBeGreaterThan(3);
    expect(ours()).toBeLessThan(8);
    vi.advanceTimersByTime(600 * MINUTES);
    expect(ours()).toBe(MOST);
  });

  it("that goes down after the answer is looked for, too", () => {
    ask();
    tell("Lean down");
    vi.advanceTimersByTime(LEAN_DOWN_MS);
    expect(ours()).toBe(1);
  });

  it("and comes back is asked at once, also if nothing is said to be judged", () => {
    tell("Lean down");
    ask();
    vi.advanceTimersByTime(2000);
    answers = "something";
    tell("idle");
    vi.advanceTimersByTime(0);
    expect(ours()).toBe(1);
    vi.advanceTimersByTime(5 * MINUTES);
    expect(ours()).toBe(1);
  });

  it("and comes back thinking is asked when it has thought", () => {
    tell("Lean down");
    ask();
    tell("thinking");
    vi.advanceTimersByTime(1000);
    expect(ours()).toBe(0);
    tell("nothing found", 8);
    vi.advanceTimersByTime(0);
    expect(ours()).toBe(1);
  });
});

describe("never a loop", () => {
  it("a server that finds something at each question and never gives it: the pauses double, and there is an end", () => {
    let judged = 0;
    whenAsked = () => tell("idle", ++judged);
    ask();
    vi.advanceTimersByTime(1000);
    expect(ours()).toBeLessThanOrEqual(2);
    vi.advanceTimersByTime(60 * MINUTES);
    expect(ours()).toBe(MOST);
    const pauses = questions.slice(2).map((at, index) => at - (questions[index + 1] ?? 0));
    expect(pauses).toEqual([...pauses].sort((one, other) => one - other));
    expect(pauses[0]).toBe(500);
  });

  it("a flood of news is one question", () => {
    ask();
    for (let judged = 1; judged < 20_000; judged++) tell("idle", judged);
    vi.advanceTimersByTime(0);
    expect(ours()).toBe(1);
  });

  it("what only repeats is no news: facts of the model or memory changed", () => {
    tell("idle", 6, 13);
    ask();
    tell("idle", 6, 13);
    vi.advanceTimersByTime(5 * MINUTES);
    expect(ours()).toBe(0);
  });

  it("a cursor that went on while a question was due is left alone", () => {
    ask();
    tell("Lean down");
    place = "elsewhere";
    vi.advanceTimersByTime(60 * MINUTES);
    tell("idle", 6);
    vi.advanceTimersByTime(60 * MINUTES);
    expect(ours()).toBe(0);
  });

  it("the user's own question begins anew", () => {
    let judged = 0;
    whenAsked = () => tell("idle", ++judged);
    ask();
    vi.advanceTimersByTime(60 * MINUTES);
    expect(ours()).toBe(MOST);
    ask();
    vi.advanceTimersByTime(60 * MINUTES);
    expect(ours()).toBe(2 * MOST + 1);
  });
});
