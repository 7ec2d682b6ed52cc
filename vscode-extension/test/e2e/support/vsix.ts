/** A `.vsix` of a folder that has a `package.json` and nothing else: stands in for a dependency. */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { EXTENSION } from "./places";

export interface Manifest {
  readonly name: string;
  readonly publisher: string;
  readonly version: string;
}

/** Pack `<folder>/extension` and return the package's path. */
export function packFolder(folder: string, { name, version }: Manifest): string {
  const source = join(folder, "extension");
  writeFileSync(join(source, "README.md"), "Stands in for a dependency in tests.\n");
  writeFileSync(join(source, "LICENSE"), "Apache-2.0\n");
  const target = join(folder, `${name}-${version}.vsix`);
  const vsce = join(EXTENSION, "node_modules", "@vscode", "vsce", "vsce");
  const flags = ["--no-dependencies", "--allow-missing-repository", "--skip-license"];
  execFileSync(process.execPath, [vsce, "package", ...flags, "-o", target], { cwd: source, stdio: "pipe" });
  return target;
}
