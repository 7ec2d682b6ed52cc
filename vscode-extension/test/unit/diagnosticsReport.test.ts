import { describe, expect, it } from "vitest";

import { diagnosticsReport, redacted, type DiagnosticsInput } from "../../src/diagnosticsReport";

const INPUT: DiagnosticsInput = {
  extension: "0.1.0", editor: "Visual Studio Code 1.139.1", platform: "linux x64", remote: undefined, trusted: true,
  leanExtension: "0.0.239", bridge: "ready",
  link: { kind: "running", version: "0.1.0", server: { command: "/home/me/.venv/bin/fd-server", origin: "workspace" } },
  status: undefined, view: undefined, activationMs: 12.3,
  settings: {
    "fd-prover.policy.endpoint": "https://user:hunter2@models.example/v1?api_key=abc",
    "fd-prover.policy.apiKeyEnv": "MY_KEY",
    "fd-prover.lean.threads": 2,
  },
  secret: ["fd-prover.policy.endpoint", "fd-prover.policy.apiKeyEnv"],
  problems: ["something about /home/me/x"],
  home: "/home/me",
};

describe("diagnostics", () => {
  const report = diagnosticsReport(INPUT);

  it("hold what a report of a fault needs", () => {
    for (const words of ["0.1.0", "1.139.1", "linux x64", "0.0.239", "found by: workspace", "activated in 12 ms", "lean.threads: 2"]) {
      expect(report).toContain(words);
    }
  });

  it("hold no secret, no endpoint, no name of the home folder", () => {
    for (const secret of ["hunter2", "models.example", "abc", "MY_KEY", "/home/me"]) expect(report).not.toContain(secret);
    expect(report).toContain("fd-prover.policy.endpoint: set");
    expect(report).toContain("~/.venv/bin/fd-server");
  });

  it.each([
    ["https://me:pw@host/x", "https://…@host/x"],
    ["?token=abc&x=1", "?token=…&x=1"],
    ["sk-abcdefghijkl", "…"],
    ["hf_abcdefghijkl", "…"],
    ["Authorization: Bearer abc.def", "Authorization: Bearer …"],
    ["nothing here", "nothing here"],
  ])("%s becomes %s", (text, clean) => expect(redacted(text, "/root")).toBe(clean));

  it("say how a server is missing or failed", () => {
    const failed = diagnosticsReport({ ...INPUT, link: { kind: "failed", what: "too old", fix: "" } });
    expect(failed).toContain("server: failed: too old");
  });
});
