/** Packages the extension once, and installs it once for all workbenches. */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { TestProject } from "vitest/node";

import { install } from "./host";
import { EXTENSION, leanKind, SCREENSHOTS } from "./places";

declare module "vitest" {
  interface ProvidedContext {
    vsix: string;
    /** A folder of extensions with ours in it. */
    extensions: string;
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "fd-vsix-"));
  const vsix = process.env["FD_VSIX"] ?? packaged(folder);
  mkdirSync(SCREENSHOTS, { recursive: true });
  process.stdout.write(`e2e: ${leanKind()} Lean, ${vsix}\n`);
  const extensions = join(folder, "extensions");
  const folders = ["--user-data-dir", join(folder, "user"), "--server-data-dir", join(folder, "server")];
  await install(vsix, [...folders, "--extensions-dir", extensions], process.env);
  project.provide("vsix", vsix);
  project.provide("extensions", extensions);
  return () => rmSync(folder, { recursive: true, force: true });
}

function packaged(folder: string): string {
  const vsix = join(folder, "fd-prover.vsix");
  const run = (script: string, ...more: string[]): unknown =>
    execFileSync(process.execPath, [join(EXTENSION, script), ...more], { cwd: EXTENSION, stdio: "pipe" });
  run("esbuild.mjs");
  const flags = ["--no-dependencies", "--skip-license", "--allow-missing-repository", "--no-rewrite-relative-links"];
  run("node_modules/@vscode/vsce/vsce", "package", ...flags, "-o", vsix);
  return vsix;
}
