import { join } from "node:path";

import { defineConfig } from "vitest/config";

export default defineConfig({
  root: import.meta.dirname,
  resolve: { alias: { vscode: join(import.meta.dirname, "test/unit/support/vscode.ts") } },
  test: { include: ["test/unit/**/*.test.ts"], testTimeout: 20_000 },
});
