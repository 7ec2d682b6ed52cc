import { defineConfig } from "vitest/config";

export default defineConfig({
  root: import.meta.dirname,
  test: {
    include: ["*.e2e.ts"],
    globalSetup: ["support/globalSetup.ts"],
    fileParallelism: false,
    testTimeout: 240_000,
    expect: { poll: { timeout: 90_000 } },
    hookTimeout: 240_000,
    // Real processes against the clock of a machine that may be busy: a failure is tried once more, and
    // the report says so. What fails twice has failed.
    retry: 1,
    reporters: ["verbose"],
  },
});
