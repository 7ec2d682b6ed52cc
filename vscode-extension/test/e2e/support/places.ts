/** Where things are: the repository, the workbench in the user's cache, the browser, Lean. */

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";

export const EXTENSION = resolve(import.meta.dirname, "../../..");
export const ROOT = resolve(EXTENSION, "..");
export const BIN = join(ROOT, ".venv", "bin");
export const SERVER = join(BIN, "fd-server");
export const DATA = join(EXTENSION, "test", "e2e", "data");
export const SCREENSHOTS = join(EXTENSION, "test", "e2e", "screenshots");

/** How long a wait may take. */
export const SLOW_MS = Number(process.env["FD_E2E_SLOW_MS"] ?? 180_000);

/** The folder that scripts/setup_workbench.py made; it knows the name. */
export function codeServer(): string {
  const python = join(BIN, "python");
  const ask = "import setup_workbench as s; print(s.workbench_folder())";
  const folder = execFileSync(python, ["-c", ask], { cwd: join(ROOT, "scripts"), encoding: "utf8" }).trim();
  const found = join(folder, "node_modules", "code-server");
  if (!existsSync(found)) throw new Error(`no workbench in ${folder}: run ${python} scripts/setup_workbench.py`);
  return found;
}

export function chromium(): string {
  const named = process.env["FD_CHROMIUM"];
  if (named) return named;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    const found = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
    if (found) return found;
  }
  throw new Error("no Chromium: sudo apt-get install chromium, or FD_CHROMIUM=/path/to/it");
}

/** Folders whose recordings are played where there is no Lean. */
export const RECORDINGS = [join(ROOT, "tests", "data", "lean", "recorded"), join(DATA, "recorded")];

/** "live" where a Lean is found or demanded, else "recorded". */
export function leanKind(): "live" | "recorded" {
  const wanted = process.env["FD_E2E_LEAN"];
  if (wanted === "live" || wanted === "recorded") return wanted;
  if (process.env["FD_LEAN"]) return "live";
  const toolchains = join(process.env["ELAN_HOME"] ?? join(homedir(), ".elan"), "toolchains");
  const hasLean = (name: string): boolean => existsSync(join(toolchains, name, "bin", "lean"));
  return existsSync(toolchains) && readdirSync(toolchains).some(hasLean) ? "live" : "recorded";
}
