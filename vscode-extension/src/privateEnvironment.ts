/**
 * The private environment: a virtual environment in the extension's own storage, made on one click
 * from the wheel inside the extension; its dependencies come from the user's own package index.
 *
 * Made beside those that are there (`environments.ts`): a server may run from one, and an installation
 * that fails or is cancelled leaves it as it was. Python runs isolated (`-I`), in a folder of ours.
 */

import { spawn } from "node:child_process";
import { mkdir, statfs } from "node:fs/promises";
import * as path from "node:path";
import { createInterface } from "node:readline";

import type { Environments } from "./environments";

/** What the environment takes on disk: 90 MB measured on Linux, of which some 15 MB are downloaded. */
export const SIZE_MB = 100;

export type Installed =
  | { readonly kind: "installed" }
  | { readonly kind: "cancelled" }
  | { readonly kind: "failed"; readonly what: string; readonly fix: string };

export interface Installation {
  readonly python: string;
  readonly wheel: string;
  readonly environments: Environments;
  /** Aborted when the user cancels. */
  readonly signal: AbortSignal;
  progress(words: string): void;
  log(line: string): void;
}

export async function install(job: Installation): Promise<Installed> {
  const { environments } = job;
  const lack = await spaceLacking(environments.storage);
  if (lack !== undefined) {
    return lack;
  }
  const folder = await environments.claim();
  const done = await steps(job, folder);
  await (done.kind === "installed" ? environments.finish(folder) : environments.discard(folder));
  return done;
}

async function steps(job: Installation, folder: string): Promise<Installed> {
  job.progress("making a virtual environment");
  const made = await run(job, job.python, ["-I", "-m", "venv", folder]);
  if (made !== undefined) {
    return made.kind === "failed" && /ensurepip|venv/.test(made.what)
      ? { ...made, fix: "Install Python's venv module (Debian, Ubuntu: sudo apt-get install python3-venv), then again." }
      : made;
  }
  job.progress("asking the package index");
  const python = pythonIn(folder);
  const pip = ["-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"];
  const filled = await run(job, python, [...pip, job.wheel]);
  return filled ?? { kind: "installed" };
}

/** Run one program to its end; undefined if it did what it should. */
function run(job: Installation, command: string, parameters: readonly string[]): Promise<Installed | undefined> {
  job.log(`${command} ${parameters.join(" ")}`);
  const child = spawn(command, parameters, {
    cwd: job.environments.storage,
    stdio: ["ignore", "pipe", "pipe"],
    signal: job.signal,
    windowsHide: true,
  });
  let last = "";
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      job.log(line);
      last = line.trim() || last;
      const words = pipWords(line);
      if (words !== undefined) {
        job.progress(words);
      }
    });
  }
  const fix =
    "See “FD Prover: Show Log”. A proxy or another index is set for pip as usual (PIP_INDEX_URL, pip.conf).";
  return new Promise((resolve) => {
    child.once("error", (error) => {
      resolve(job.signal.aborted ? { kind: "cancelled" } : { kind: "failed", what: error.message, fix });
    });
    child.once("close", (code) => {
      const failed: Installed = { kind: "failed", what: last || `exit status ${code}`, fix };
      resolve(job.signal.aborted ? { kind: "cancelled" } : code === 0 ? undefined : failed);
    });
  });
}

/** pip's lines as words for a progress message; undefined for what says nothing to a user. */
export function pipWords(line: string): string | undefined {
  const downloading = /^\s*Downloading (?:\S*\/)?([\w.]+?)-\d\S* \(([\d.]+ [kMG]?B)\)/.exec(line);
  if (downloading !== null) {
    return `downloading ${downloading[1]} (${downloading[2]})`;
  }
  const installing = /^\s*Installing collected packages: (.*)$/.exec(line);
  if (installing !== null) {
    return `installing ${installing[1]?.split(",").length} packages`;
  }
  const collecting = /^\s*Collecting ([\w.-]+)/.exec(line);
  return collecting === null ? undefined : `looking for ${collecting[1]}`;
}

async function spaceLacking(folder: string): Promise<Installed | undefined> {
  await mkdir(folder, { recursive: true });
  const { bavail, bsize } = await statfs(folder);
  const free = Math.floor((bavail * bsize) / 2 ** 20);
  if (free >= 2 * SIZE_MB) {
    return undefined;
  }
  return {
    kind: "failed",
    what: `The environment needs ${2 * SIZE_MB} MB while it is made, and ${free} MB are free at ${folder}.`,
    fix: "Free some space, then again.",
  };
}

function pythonIn(folder: string): string {
  return process.platform === "win32"
    ? path.join(folder, "Scripts", "python.exe")
    : path.join(folder, "bin", "python");
}
