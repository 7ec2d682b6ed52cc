/**
 * The private environments in the extension's storage: which one servers are started from, which are
 * in use, and which may go.
 *
 * An environment can't be made in one place and moved to another: its scripts name their Python by
 * path. So each installation gets a folder of its own, and the last that came to its end is taken. A
 * window leaves a mark in the one that its server runs from: what bears the mark of a window that
 * lives, perhaps with an older extension, stays.
 *
 * A folder without its `.complete` mark is no environment: nothing is started from what was interrupted.
 */

import { existsSync, readdirSync } from "node:fs";
import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import * as path from "node:path";

const PREFIX = "server-";
const COMPLETE = ".complete";
const USED = ".used-by-";
/** Of a window on another machine with the same home, none can tell whether it lives. */
const ELSEWHERE_MS = 30 * 24 * 3_600_000;

export class Environments {
  /** `version` is the extension's; `host` and `pid` are the window's. */
  constructor(
    readonly storage: string,
    private readonly version: string,
    private readonly host = hostname(),
    private readonly pid = process.pid,
  ) {}

  /** The one for this version of the extension, whether it is there or not. */
  get present(): { readonly folder: string; readonly isThere: boolean } {
    const made = this.ofThisVersion().filter(({ folder }) => isComplete(folder));
    const folder = made.at(-1)?.folder ?? this.folder(1);
    return { folder, isThere: made.length > 0 };
  }

  /** A new folder, to make an environment in. It bears our mark until another one is used. */
  async claim(): Promise<string> {
    await mkdir(this.storage, { recursive: true });
    for (let number = (this.ofThisVersion().at(-1)?.number ?? 0) + 1; ; number++) {
      const folder = this.folder(number);
      try {
        await mkdir(folder);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") {
          continue; // another window was faster
        }
        throw error;
      }
      await writeFile(path.join(folder, this.mark), "");
      return folder;
    }
  }

  async finish(folder: string): Promise<void> {
    await writeFile(path.join(folder, COMPLETE), "");
  }

  async discard(folder: string): Promise<void> {
    await rm(path.join(folder, COMPLETE), { force: true }); // first: what is half removed is none
    await rm(folder, { recursive: true, force: true });
  }

  /** This window's server runs from here now, and from no other; undefined: from none of them. */
  async use(folder: string | undefined): Promise<void> {
    if (folder !== undefined) {
      await writeFile(path.join(folder, this.mark), "");
    }
    for (const other of await this.all()) {
      if (other !== folder && isComplete(other)) {
        await rm(path.join(other, this.mark), { force: true });
      }
    }
  }

  /** Remove what nobody uses: older ones, if there is one for this version, and what never came to its end. */
  async tidy(): Promise<void> {
    for (const folder of await this.all()) {
      const isUsed = await this.isUsed(folder);
      const { present } = this;
      const isKept = folder === present.folder || !present.isThere;
      if (!isUsed && !(isComplete(folder) && isKept)) {
        await this.discard(folder);
      }
    }
  }

  async discardAll(): Promise<void> {
    for (const folder of await this.all()) {
      await this.discard(folder);
    }
  }

  private get mark(): string {
    return `${USED}${encodeURIComponent(this.host)}-${this.pid}`;
  }

  /** No version of an extension has a `_`. */
  private folder(number: number): string {
    return path.join(this.storage, `${PREFIX}${this.version}${number === 1 ? "" : `_${number}`}`);
  }

  /** In the order in which they were claimed. */
  private ofThisVersion(): { folder: string; number: number }[] {
    const names = existsSync(this.storage) ? readdirSync(this.storage) : [];
    return names
      .map((name) => ({ folder: path.join(this.storage, name), number: Number(name.split("_")[1] ?? 1) }))
      .filter(({ folder, number }) => folder === this.folder(number))
      .sort((one, other) => one.number - other.number);
  }

  private async all(): Promise<string[]> {
    const names = existsSync(this.storage) ? await readdir(this.storage) : [];
    return names.filter((name) => name.startsWith(PREFIX)).map((name) => path.join(this.storage, name));
  }

  /** Does a window that lives use it? Marks of the others are removed. */
  private async isUsed(folder: string): Promise<boolean> {
    let isUsed = false;
    for (const name of (await readdir(folder)).filter((each) => each.startsWith(USED))) {
      const mark = path.join(folder, name);
      if (await this.isOfTheLiving(mark)) {
        isUsed = true;
      } else {
        await rm(mark, { force: true });
      }
    }
    return isUsed;
  }

  private async isOfTheLiving(mark: string): Promise<boolean> {
    const [, host, pid] = /^\.used-by-(.*)-(\d+)$/.exec(path.basename(mark)) ?? [];
    if (host === encodeURIComponent(this.host)) {
      return isAlive(Number(pid));
    }
    return Date.now() - (await stat(mark)).mtimeMs < ELSEWHERE_MS;
  }
}

/** Whether an installation in this folder came to its end. */
function isComplete(folder: string): boolean {
  return existsSync(path.join(folder, COMPLETE));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // it is another user's
  }
}
