/** The private environments in a real folder; windows are told apart by their process. */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, utimesSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

import { beforeEach, describe, expect, it } from "vitest";

import { Environments } from "../../src/environments";

/** A process that lives as long as the test, and one that has ended. */
const OTHER = process.ppid;
const DEAD = spawnSync(process.execPath, ["-e", ""]).pid;

let storage: string;
beforeEach(() => {
  storage = realpathSync(mkdtempSync(join(tmpdir(), "fd-environments-")));
});

function window(pid = process.pid, version = "1.2.3", host = hostname()): Environments {
  return new Environments(storage, version, host, pid);
}
async function installed(by: Environments): Promise<string> {
  const folder = await by.claim();
  await by.finish(folder);
  return folder;
}
const names = (): string[] => readdirSync(storage).sort();

describe("private environments", () => {
  it("the one that is taken is the last whose installation came to its end", async () => {
    const ours = window();
    expect(ours.present).toEqual({ folder: join(storage, "server-1.2.3"), isThere: false });
    const first = await installed(ours);
    const second = await ours.claim();
    expect(ours.present).toEqual({ folder: first, isThere: true });
    await ours.finish(second);
    expect(ours.present).toEqual({ folder: second, isThere: true });
    for (let number = 3; number <= 10; number++) await installed(ours);
    expect(ours.present.folder).toBe(join(storage, "server-1.2.3_10"));
  });

  it("those of other versions are others, also where one begins like ours", async () => {
    await installed(window(OTHER, "1.2.3-beta"));
    await installed(window(OTHER, "1.2.30"));
    expect(window().present.isThere).toBe(false);
  });

  it("two windows that install at once do it in two folders", async () => {
    const folders = await Promise.all([window().claim(), window(OTHER).claim()]);
    expect(new Set(folders).size).toBe(2);
  });
});

describe("tidying", () => {
  it("leaves what a living window uses, with an older extension, too; what it used may go when it ends", async () => {
    const old = await installed(window(OTHER, "1.0.0"));
    await window(OTHER, "1.0.0").use(old);
    await installed(window(DEAD, "1.1.0"));
    await installed(window());
    await window().tidy();
    expect(names()).toEqual(["server-1.0.0", "server-1.2.3"]);
  });

  it("our own last one goes when our server runs from the new one, not before", async () => {
    const ours = window();
    await ours.use(await installed(ours));
    const second = await installed(ours);
    await ours.tidy();
    expect(names()).toHaveLength(2);
    await ours.use(second);
    await ours.tidy();
    expect(names()).toEqual(["server-1.2.3_2"]);
  });

  it("leaves what another window is making, and removes what never came to its end", async () => {
    await window(DEAD).claim();
    const making = await window(OTHER).claim();
    await window(OTHER).use(undefined); // its server is started anew meanwhile, from elsewhere
    await window().tidy();
    expect(names()).toEqual(["server-1.2.3_2"]);
    await window(OTHER).finish(making);
    expect(window().present.folder).toBe(making);
  });

  it("leaves the older ones as long as there is none for this version", async () => {
    await installed(window(DEAD, "1.0.0"));
    await window().tidy();
    expect(names()).toEqual(["server-1.0.0"]);
  });

  it("whether a window on another machine lives is not known: its mark holds for a month", async () => {
    const elsewhere = await installed(window(DEAD, "1.0.0", "another-host"));
    await installed(window());
    await window().tidy();
    expect(names()).toEqual(["server-1.0.0", "server-1.2.3"]);
    const mark = readdirSync(elsewhere).find((name) => name.startsWith(".used-by-")) ?? "";
    utimesSync(join(elsewhere, mark), 0, 0);
    await window().tidy();
    expect(names()).toEqual(["server-1.2.3"]);
  });

  it("touches nothing else that lies there; removing removes all environments", async () => {
    mkdirSync(join(storage, "logs"));
    await installed(window(OTHER, "1.0.0"));
    await installed(window());
    await window().tidy();
    await window().discardAll();
    expect(names()).toEqual(["logs"]);
  });
});
