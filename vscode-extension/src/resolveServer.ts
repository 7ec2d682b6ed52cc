/**
 * Which `fd-server` to start. The first of these that is there:
 *
 * 1. the setting `fd-prover.server.path` (what it names must exist: no silent fallback);
 * 2. the environment of a workspace folder, `.venv` or `venv` (not in Restricted Mode);
 * 3. `PATH`, absolute entries only (in Restricted Mode none inside the workspace);
 * 4. the private environment that "Install the Server" makes.
 *
 * Always the console script: `python -m fd_server` would run whatever lies in its working folder.
 */

import * as path from "node:path";

import type { FoundServer } from "./serverLink";

export type Resolution =
  | { readonly kind: "found"; readonly server: FoundServer }
  | { readonly kind: "missing"; readonly what: string; readonly fix: string };

/** What the search depends on. */
export interface Surroundings {
  readonly setting: string;
  readonly folders: readonly string[];
  readonly trusted: boolean;
  readonly searchPath: string;
  readonly privateEnvironment: string;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  isExecutable(file: string): boolean;
}

export function resolveServer(around: Surroundings): Resolution {
  if (around.setting.trim() !== "") {
    return fromSetting(around);
  }
  for (const [origin, file] of places(around)) {
    if (around.isExecutable(file)) {
      return { kind: "found", server: { command: file, origin } };
    }
  }
  const skipped = around.trusted
    ? ""
    : " The workspace's own environment was not looked at: Restricted Mode.";
  return {
    kind: "missing",
    what: `fd-server is not installed: neither in the workspace's environment, nor on PATH, nor in a private environment.${skipped}`,
    fix: "Run “FD Prover: Install the Server”, or `pip install fd-prover`, or set fd-prover.server.path.",
  };
}

function fromSetting(around: Surroundings): Resolution {
  const { setting, home, platform } = around;
  const file = setting.trim().replace(/^~(?=[\\/]|$)/, home);
  if (!pathsOf(platform).isAbsolute(file)) {
    return {
      kind: "missing",
      what: `fd-prover.server.path is “${setting}”, which is not an absolute path.`,
      fix: "Give the whole path, for example ~/.local/bin/fd-server.",
    };
  }
  if (!around.isExecutable(file)) {
    return {
      kind: "missing",
      what: `fd-prover.server.path names ${file}, which is not there or may not be run.`,
      fix: "Correct the setting, or clear it to have fd-server looked for.",
    };
  }
  return { kind: "found", server: { command: file, origin: "setting" } };
}

function* places(around: Surroundings): Generator<[FoundServer["origin"], string]> {
  const { join, delimiter, isAbsolute } = pathsOf(around.platform);
  if (around.trusted) {
    for (const folder of around.folders) {
      yield ["workspace", scriptIn(join(folder, ".venv"), around.platform)];
      yield ["workspace", scriptIn(join(folder, "venv"), around.platform)];
    }
  }
  for (const entry of around.searchPath.split(delimiter)) {
    if (isAbsolute(entry) && (around.trusted || !isInside(around, entry))) {
      yield ["PATH", join(entry, scriptName(around.platform))];
    }
  }
  yield ["private", scriptIn(around.privateEnvironment, around.platform)];
}

/** The console script of a virtual environment. */
export function scriptIn(environment: string, platform: NodeJS.Platform): string {
  const folder = platform === "win32" ? "Scripts" : "bin";
  return pathsOf(platform).join(environment, folder, scriptName(platform));
}

function scriptName(platform: NodeJS.Platform): string {
  return platform === "win32" ? "fd-server.exe" : "fd-server";
}

function isInside(around: Surroundings, entry: string): boolean {
  const { relative, isAbsolute } = pathsOf(around.platform);
  return around.folders.some((folder) => {
    const way = relative(folder, entry);
    return !way.startsWith("..") && !isAbsolute(way);
  });
}

function pathsOf(platform: NodeJS.Platform): path.PlatformPath {
  return platform === "win32" ? path.win32 : path.posix;
}
