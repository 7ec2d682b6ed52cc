import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Heartbeat, INTERVAL_MS, PATIENCE_MS } from "../../src/heartbeat";

describe("heartbeat", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it("any answer is a sign of life, a refusal, too", async () => {
    const [dead, ask] = [vi.fn(), vi.fn(() => (ask.mock.calls.length % 2 ? Promise.resolve({}) : Promise.reject(new Error("no"))))];
    const heartbeat = new Heartbeat(ask, dead);
    await vi.advanceTimersByTimeAsync(10 * INTERVAL_MS);
    expect(ask.mock.calls.length).toBe(10);
    await vi.advanceTimersByTimeAsync(PATIENCE_MS);
    expect(dead).not.toHaveBeenCalled();
    heartbeat.stop();
  });

  it("who answers late is not dead, who never answers is, once", async () => {
    const dead = vi.fn();
    let answer: (value?: unknown) => void = () => undefined;
    const heartbeat = new Heartbeat(() => new Promise((resolve) => (answer = resolve)), dead);
    await vi.advanceTimersByTimeAsync(INTERVAL_MS + PATIENCE_MS - 1);
    answer();
    await vi.advanceTimersByTimeAsync(INTERVAL_MS + PATIENCE_MS - 10);
    expect(dead).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(100 * PATIENCE_MS);
    expect(dead).toHaveBeenCalledTimes(1);
    heartbeat.stop();
  });

  it("stopped, it asks no more", async () => {
    const ask = vi.fn(() => Promise.resolve());
    new Heartbeat(ask, vi.fn()).stop();
    await vi.advanceTimersByTimeAsync(10 * INTERVAL_MS);
    expect(ask).not.toHaveBeenCalled();
  });
});
