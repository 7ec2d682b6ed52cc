import { describe, expect, it } from "vitest";

import { RESTARTS_IN_WINDOW, RestartPolicy, WINDOW_MS } from "../../src/restartPolicy";

describe("RestartPolicy", () => {
  it("restarts a few times, ever later, then gives up", () => {
    let now = 0;
    const policy = new RestartPolicy(() => now);
    const verdicts = Array.from({ length: RESTARTS_IN_WINDOW + 1 }, () => ((now += 1000), policy.ended()));
    expect(verdicts.map((verdict) => (verdict.kind === "restart" ? verdict.afterMs : verdict.kind))).toEqual([
      0, 1000, 4000, "give up",
    ]);
    expect(verdicts.map((verdict) => verdict.kind === "restart" && verdict.isFirst)).toEqual([true, false, false, false]);
  });

  it("forgets what is long ago, and what was before the user started it", () => {
    let now = 0;
    const policy = new RestartPolicy(() => now);
    for (let times = 0; times < 10; times++) {
      now += WINDOW_MS;
      expect(policy.ended()).toMatchObject({ kind: "restart", isFirst: true });
    }
    policy.ended();
    policy.forget();
    expect(policy.ended()).toMatchObject({ isFirst: true });
  });
});
