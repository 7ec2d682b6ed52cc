import { defineConfig } from "vitest/config";

export default defineConfig({
  root: import.meta.dirname,
  test: {
    include: ["*.e2e.ts"],
    globalSetup: ["support/globalSetup.ts"],
    fileParallelism: false,
    // Long waits and no retry: to open a window takes minutes where compilers have the cores, and a
    // scenario that fails now and then is mended, not tried again until it passes.
    testTimeout: 480_000,
    expect: { poll: { timeout: 180_000 } },
    hookTimeout: 480_000,
    reporters: ["verbose"],
  },
});
