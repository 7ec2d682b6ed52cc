/** Real processes: small scripts that stand for a server. Not on Windows, where no script is a program. */

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { describe, expect, it } from "vitest";

import { endServer, endingOf, startServer } from "../../src/serverProcess";

function script(body: string): { command: string; folder: string } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "fd-process-")));
  const command = join(folder, "fd-server");
  writeFileSync(command, `#!/bin/sh\n${body}\n`);
  chmodSync(command, 0o755);
  return { command, folder };
}

async function output(body: string): Promise<string[]> {
  const { command, folder } = script(body);
  const ours = join(folder, "ours");
  mkdirSync(ours);
  const server = await startServer(command, ours);
  let text = "";
  server.child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await server.ended;
  return text.replaceAll(folder, "F").trim().split("\n");
}

describe.skipIf(process.platform === "win32")("the server's process", () => {
  it("is the console script with --stdio, in our folder, kept from importing what lies there", async () => {
    const said = await output('echo "$0 $*"; pwd; echo "$PYTHONSAFEPATH"');
    expect(said).toEqual(["F/fd-server --stdio", "F/ours", "1"]);
  });

  it("says how it ended", async () => {
    const server = await startServer(script("exit 3").command, tmpdir());
    expect(await server.ended).toBe("exit status 3");
  });

  it("that is about to end is waited for, and its last words are read by then", async () => {
    const server = await startServer(script('sleep 0.1; echo "no module named pydantic" >&2; exit 1').command, tmpdir());
    const words: string[] = [];
    createInterface({ input: server.child.stderr }).on("line", (line) => words.push(line));
    expect([await endingOf(server), words]).toEqual(["exit status 1", ["no module named pydantic"]]);
  });

  it("that lives on has no ending, and one whose child holds the pipes open has", async () => {
    const alive = await startServer(script("exec sleep 60").command, tmpdir());
    expect(await endingOf(alive)).toBeUndefined();
    await endServer(alive);
    const parent = await startServer(script("sleep 3 & exit 2").command, tmpdir());
    expect(await endingOf(parent)).toBe("exit status 2");
  });

  it("is ended for good, though it does not listen", async () => {
    const deaf = script("trap '' TERM; echo ready; while :; do sleep 0.05; done");
    const server = await startServer(deaf.command, tmpdir());
    await new Promise((resolve) => server.child.stdout.once("data", resolve));
    await endServer(server);
    expect(await server.ended).toBe("signal SIGKILL");
    await endServer(server); // again is nothing
  });

  it("that can't be started is a rejection", async () => {
    await expect(startServer("/nowhere/fd-server", tmpdir())).rejects.toThrow(/ENOENT/);
  });

  it("is never Python with a module: no source of ours says -m fd_server", () => {
    const sources = ["serverProcess", "resolveServer", "starting", "records", "upkeepCommands", "languageClient"];
    for (const name of sources) {
      const code = readFileSync(join(import.meta.dirname, `../../src/${name}.ts`), "utf8").replace(/\/\*[^]*?\*\//g, "");
      expect(code).not.toMatch(/"-m"/);
    }
  });
});
