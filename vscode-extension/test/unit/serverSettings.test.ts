import { describe, expect, it } from "vitest";

import { GivenSettings, serverSettings, snakeCase } from "../../src/serverSettings";
import { fakeConfiguration } from "./support/vscode";

const SCHEMAS = {
  "fd-prover.policy.apiKeyEnv": { type: "string", default: "" },
  "fd-prover.lean.executable": { type: ["string", "null"], default: null },
  "fd-prover.lean.threads": { type: "integer", minimum: 0, default: 0 },
  "fd-prover.suggest.progressed": { type: "boolean", default: true },
  "fd-prover.logLevel": { enum: ["debug", "info"], default: "info" },
} as const;

function read(values: Record<string, unknown>): ReturnType<typeof serverSettings> {
  return serverSettings(SCHEMAS, fakeConfiguration(values));
}

describe("serverSettings", () => {
  it("sends nothing that was not set: a default would override the user's file", () => {
    expect(read({})).toEqual({ tables: {}, problems: [] });
  });

  it("sends what was set under the server's names, in its tables", () => {
    const { tables } = read({ "policy.apiKeyEnv": "KEY", "lean.threads": 2, "suggest.progressed": false, logLevel: "debug" });
    expect(tables).toEqual({
      policy: { api_key_env: "KEY" },
      lean: { threads: 2 },
      suggest: { progressed: false },
      log_level: "debug",
    });
  });

  it("leaves out what the server would refuse, and says so: one wrong value costs only itself", () => {
    const { tables, problems } = read({ "lean.threads": "two", "policy.apiKeyEnv": "KEY" });
    expect(tables).toEqual({ policy: { api_key_env: "KEY" } });
    expect(problems).toEqual([{ key: "fd-prover.lean.threads", said: 'must be a integer, not "two"' }]);
  });

  it("an empty choice is no choice", () => {
    expect(read({ "lean.executable": null }).tables).toEqual({});
  });

  it("turns names into the server's", () => {
    expect(["apiKeyEnv", "memoryMb", "idleS", "kind"].map(snakeCase)).toEqual(["api_key_env", "memory_mb", "idle_s", "kind"]);
  });
});

describe("what the server was given", () => {
  it("is compared with what is set: a change while it starts is told it later, and only once", () => {
    const values: Record<string, unknown> = { "lean.threads": 2 };
    const given = new GivenSettings(() => read(values).tables);
    expect(given.atStart()).toEqual({ lean: { threads: 2 } });
    expect(given.changed()).toBeUndefined();
    values["lean.threads"] = 3;
    expect(given.changed()).toEqual({ lean: { threads: 3 } });
    expect(given.changed()).toBeUndefined();
  });

  it("what is no longer set is a change, too", () => {
    let tables: Record<string, unknown> = { log_level: "debug" };
    const given = new GivenSettings(() => tables);
    given.atStart();
    tables = {};
    expect(given.changed()).toEqual({});
  });
});
