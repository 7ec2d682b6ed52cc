/** The records view, with a script that stands for `fd-server events`. */

import { chmodSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { beforeEach, describe, expect, it, vi } from "vitest";

import { Pages } from "../../src/pages";
import type { RecordsStats } from "../../src/protocol";
import { RecordsView, inWords } from "../../src/records";
import { Uri, editor } from "./support/vscode";

vi.mock("vscode", async () => import("./support/vscode"));

const STATS: RecordsStats = {
  path: "/elsewhere/events.db", recording: true, consent: "yes",
  offered: 12, accepted: 5, rejected: 1, overridden: 2, unobserved: 4,
};

function script(body: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "fd-events-")));
  const command = join(folder, "fd-server");
  writeFileSync(command, `#!/bin/sh\n${body}\n`);
  chmodSync(command, 0o755);
  return command;
}

let asked: unknown[][];
let pages: Pages;
function view(body: string, stats: RecordsStats | null = STATS): RecordsView {
  const link = {
    state: { kind: "running", server: { command: script(body) } },
    request: (...said: unknown[]) => {
      asked.push(said);
      return Promise.resolve(stats ? { kind: "answered", value: stats } : { kind: "refused", what: "no server.", fix: "Start it." });
    },
  };
  pages = new Pages();
  return new RecordsView(link as never, pages, tmpdir());
}

const shown = (): string => editor.pages?.provideTextDocumentContent(Uri.from({ scheme: "fd-prover", path: "/records.jsonl" })) ?? "";

beforeEach(() => {
  editor.reset();
  asked = [];
});

describe.skipIf(process.platform === "win32")("what is recorded", () => {
  it("is told in numbers, with the place, and ways out", async () => {
    await view("true").show();
    expect(editor.picks[0]?.options).toMatchObject({
      title: "What FD Prover has recorded: 12 offered, 5 accepted, 1 rejected, 2 overridden",
      placeHolder: "/elsewhere/events.db",
    });
    const labels = editor.picks[0]?.items.map((item) => item.label.replace(/^\S+ /, ""));
    expect(labels).toEqual(["Show the records", "Export …", "Delete all …", "Stop recording …", "Copy where they lie"]);
  });

  it("is shown as it lies in the very store that the server writes", async () => {
    await view('echo "$* of $FD_STORE__PATH"').open();
    expect(shown()).toBe("events export --view suggestions of /elsewhere/events.db\n");
    await view("true").open();
    expect(shown()).toBe("Nothing is recorded.\n");
  });

  it("is exported where the user says", async () => {
    editor.savedAs = Uri.file("/home/me/records.jsonl");
    await view('test "$*" = "events export -o /home/me/records.jsonl"').export();
    expect(editor.messages).toEqual(["FD Prover: the records are in /home/me/records.jsonl."]);
  });

  it("is deleted only after a yes", async () => {
    await view("exit 9").purge();
    expect(editor.messages).toHaveLength(1);
    editor.answers = ["Delete for good"];
    await view('test "$*" = "events purge --everything --yes --json" && echo \'{"removed": 24}\'').purge();
    expect(editor.messages.at(-1)).toBe("FD Prover: 24 events deleted.");
  });

  it("that a deletion can't reach is named: the files, and what to do", async () => {
    const left = { removed: 3, held_journals: ["/data/e.journal-1.jsonl"], damaged_copies: ["/data/e.damaged-1", "/data/e.damaged-2"] };
    editor.answers = ["Delete for good"];
    await view(`echo '${JSON.stringify(left)}'`).purge();
    expect(editor.messages.at(-1)).toBe(
      "FD Prover: 3 events deleted, but some files still hold records; " +
        "held by a program that runs (close it, then delete again): /data/e.journal-1.jsonl; " +
        "damaged (delete them yourself): /data/e.damaged-1, /data/e.damaged-2.",
    );
    editor.answers = ["Delete for good"];
    await view('echo \'{"removed": 3, "held_journals": [], "damaged_copies": []}\'').purge();
    expect(editor.messages.at(-1)).toBe("FD Prover: 3 events deleted.");
  });

  it("says what the server says if it can't", async () => {
    await view('echo "error: the store is damaged" >&2; exit 2').open();
    expect(editor.messages).toEqual(["FD Prover: error: the store is damaged"]);
    editor.messages = [];
    await view("true", null).show();
    expect(editor.messages).toEqual(["FD Prover: no server. Start it."]);
  });

  it("yes and no to recording are told to the server", async () => {
    editor.answers = ["Don't record"];
    await view("true", { ...STATS, recording: false }).change();
    expect(asked).toEqual([["fd/consent", { recorded: false }]]);
    expect(editor.messages).toEqual(["FD Prover: decisions are not recorded."]);
  });
});

describe("pages", () => {
  it("the same name shows the newest text; old pages are forgotten", async () => {
    const made = new Pages();
    const read = (path: string): string | undefined => editor.pages?.provideTextDocumentContent(Uri.from({ scheme: "fd-prover", path }));
    await made.showMarkdown("Why", "one");
    await made.showMarkdown("Why", "two");
    expect(read("/Why.md")).toBe("two");
    for (let n = 0; n < 30; n++) await made.showMarkdown(`page ${n}`, "x");
    expect(read("/Why.md")).toBe("This page is gone.");
    expect(read("/page 29.md")).toBe("x");
    made.dispose();
  });
});

it("nothing is nothing", () => {
  expect(inWords({ ...STATS, consent: "ask", offered: 0 })).toBe("nothing");
});
