/** Installation with a script that stands for Python. Real pip and a real wheel: `make extension-install`. */

import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { Environments } from "../../src/environments";
import { findPython } from "../../src/findPython";
import { install, pipWords, type Installed } from "../../src/privateEnvironment";

/** A Python that makes the environment it is asked for; `pip` says and does what the test wants. */
function fakePython(pip: string, venv = ""): { python: string; scratch: string } {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), "fd-python-")));
  const python = join(scratch, "python");
  writeFileSync(
    python,
    `#!/bin/sh
echo "$0 $* in $PWD" | sed "s#${scratch}#S#g" >> ${scratch}/calls
case "$*" in
  *"-m venv"*) ${venv || `mkdir -p "$4/bin"; cp "$0" "$4/bin/python"`} ;;
  *"-m pip"*) ${pip} ;;
  *"sys.version_info"*) echo "3 12"; echo "$0" ;;
esac
`,
  );
  chmodSync(python, 0o755);
  return { python, scratch };
}

async function go(pip: string, options: { venv?: string; abort?: boolean; there?: boolean } = {}): Promise<{
  done: Installed; environments: Environments; calls: string[]; words: string[]; folders: string[];
}> {
  const { python, scratch } = fakePython(pip, options.venv);
  const environments = new Environments(scratch, "1.2.3");
  if (options.there) await environments.finish(await environments.claim());
  const abort = new AbortController();
  const words: string[] = [];
  const done = await install({
    python, wheel: "/ext/server/fd.whl", environments, signal: abort.signal, log: () => undefined,
    progress: (said) => {
      words.push(said);
      if (options.abort && said.startsWith("looking")) abort.abort();
    },
  });
  const calls = existsSync(join(scratch, "calls")) ? readFileSync(join(scratch, "calls"), "utf8").trim().split("\n") : [];
  const folders = readdirSync(scratch).filter((name) => name.startsWith("server-"));
  return { done, environments, calls, words, folders };
}

describe.skipIf(process.platform === "win32")("the private environment", () => {
  it("is made by the user's Python and pip, isolated, in a folder of ours", async () => {
    const { done, environments, calls, words } = await go(
      'echo "Collecting pygls>=2"; echo "  Downloading pygls-2.1.1-py3-none-any.whl (76 kB)"; echo "Installing collected packages: a, b, c"',
    );
    expect(done).toEqual({ kind: "installed" });
    expect(environments.present).toEqual({ folder: join(environments.storage, "server-1.2.3"), isThere: true });
    expect(calls).toEqual([
      "S/python -I -m venv S/server-1.2.3 in S",
      "S/server-1.2.3/bin/python -I -m pip install --disable-pip-version-check --no-input --progress-bar off /ext/server/fd.whl in S",
    ]);
    expect(words).toEqual([
      "making a virtual environment", "asking the package index", "looking for pygls",
      "downloading pygls (76 kB)", "installing 3 packages",
    ]);
  });

  it("that fails leaves nothing, and says pip's last words", async () => {
    const { done, environments, folders } = await go('echo "ERROR: No matching distribution found for pygls" >&2; exit 1');
    expect(done).toMatchObject({ kind: "failed", what: "ERROR: No matching distribution found for pygls" });
    expect([folders, environments.present.isThere]).toEqual([[], false]);
  });

  it("names the package that brings venv where it is missing", async () => {
    const { done } = await go("true", { venv: 'echo "ensurepip is not available" >&2; exit 1' });
    expect(done).toMatchObject({ kind: "failed", fix: expect.stringContaining("python3-venv") as string });
  });

  it("can be cancelled: what runs is ended, what was made is removed", async () => {
    const began = Date.now();
    const { done, folders } = await go('echo "Collecting torch"; exec sleep 60', { abort: true });
    expect(done).toEqual({ kind: "cancelled" });
    expect(folders).toEqual([]);
    expect(Date.now() - began).toBeLessThan(30_000);
  });

  it.each([
    ["fails", "exit 1", false],
    ["is cancelled", 'echo "Collecting torch"; exec sleep 60', true],
  ])("that is there already is still there when another installation %s", async (_, pip, abort) => {
    const { environments, folders } = await go(pip, { there: true, abort });
    expect([folders, environments.present.isThere]).toEqual([["server-1.2.3"], true]);
  });

  it("is made beside the one that a server may run from, and taken from then on", async () => {
    const { environments, folders, calls } = await go("true", { there: true });
    expect(folders).toEqual(["server-1.2.3", "server-1.2.3_2"]);
    expect(calls[0]).toBe("S/python -I -m venv S/server-1.2.3_2 in S");
    expect(environments.present.folder).toBe(join(environments.storage, "server-1.2.3_2"));
  });
});

describe.skipIf(process.platform === "win32")("the Python for it", () => {
  it("is the setting's, if it is new enough", async () => {
    const { python, scratch } = fakePython("true");
    expect(await findPython(python, scratch)).toEqual({ kind: "found", executable: python, version: "3.12" });
  });

  it("that is missing or too old is said with what to do", async () => {
    expect(await findPython("/nowhere/python", tmpdir())).toMatchObject({
      kind: "missing", what: "fd-prover.python.path: /nowhere/python can't be run; 3.11 or newer is needed.",
    });
    const old = fakePython("true");
    writeFileSync(old.python, '#!/bin/sh\necho "3 9"; echo /old\n');
    expect(await findPython(old.python, old.scratch)).toMatchObject({
      kind: "missing", what: expect.stringContaining("is 3.9") as string,
    });
  });
});

it.each([
  ["Collecting sqlalchemy<3,>=2.0.40 (from fd-prover==0.1.0)", "looking for sqlalchemy"],
  ["  Downloading https://host/packages/SQLAlchemy-2.0.44-cp311-manylinux.whl (3.3 MB)", "downloading SQLAlchemy (3.3 MB)"],
  ["Requirement already satisfied: attrs", undefined],
])("pip's %j is %j", (line, words) => expect(pipWords(line)).toBe(words));
