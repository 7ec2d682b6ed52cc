/** A Python that can make the private environment: the setting's, else the newest on `PATH`. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const OLDEST = [3, 11] as const;
const NAMES = ["python3.14", "python3.13", "python3.12", "python3.11", "python3", "python"];
const VERSION = "import sys; print(*sys.version_info[:2]); print(sys.executable)";

export type FoundPython =
  | { readonly kind: "found"; readonly executable: string; readonly version: string }
  | { readonly kind: "missing"; readonly what: string; readonly fix: string };

/** Look for it. Programs run isolated, in a folder of ours. */
export async function findPython(setting: string, cwd: string): Promise<FoundPython> {
  const names = setting === "" ? NAMES : [setting];
  const seen: string[] = [];
  for (const name of names) {
    const found = await ask(name, cwd);
    if (found === undefined) {
      continue;
    }
    if (found.major > OLDEST[0] || (found.major === OLDEST[0] && found.minor >= OLDEST[1])) {
      return { kind: "found", executable: found.executable, version: `${found.major}.${found.minor}` };
    }
    seen.push(`${name} is ${found.major}.${found.minor}`);
  }
  const what =
    setting === ""
      ? `No Python ${OLDEST.join(".")} or newer is on PATH${seen.length > 0 ? ` (${seen.join(", ")})` : ""}.`
      : `fd-prover.python.path: ${seen[0] ?? `${setting} can't be run`}; ${OLDEST.join(".")} or newer is needed.`;
  return { kind: "missing", what, fix: "Install Python, or set fd-prover.python.path." };
}

async function ask(
  name: string,
  cwd: string,
): Promise<{ executable: string; major: number; minor: number } | undefined> {
  try {
    const { stdout } = await run(name, ["-I", "-c", VERSION], { cwd, timeout: 20_000, windowsHide: true });
    const [version = "", executable = ""] = stdout.trim().split(/\r?\n/);
    const [major = 0, minor = 0] = version.split(" ").map(Number);
    return { executable: executable || name, major, minor };
  } catch {
    return undefined; // not there, or no Python
  }
}
