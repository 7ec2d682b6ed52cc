/**
 * “What Is Recorded”: how much, where, and the ways out: look, export, delete, stop.
 *
 * Numbers and consent come over the protocol; export and deletion are the server's own command line
 * (`fd-server events`), so that they work on the very same store.
 */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { env, window, type QuickPickItem } from "vscode";

import type { Pages } from "./pages";
import type { RecordsStats } from "./protocol";
import type { ServerLink } from "./serverLink";

const run = promisify(execFile);
/** The records can be looked at as text up to this many bytes. */
const SHOWN_AT_MOST = 20_000_000;

/** What `fd-server events purge` says: how many events went, and the files that it can't reach. */
interface Purged {
  readonly removed?: number;
  readonly held_journals?: readonly string[];
  readonly damaged_copies?: readonly string[];
}

interface Choice extends QuickPickItem {
  readonly act: () => Promise<void>;
}

export class RecordsView {
  constructor(
    private readonly link: ServerLink,
    private readonly pages: Pages,
    private readonly cwd: string,
  ) {}

  /** The view: what there is, and what can be done with it. */
  async show(): Promise<void> {
    const stats = await this.stats();
    if (stats === undefined) {
      return;
    }
    const chosen = await window.showQuickPick(this.choices(stats), {
      title: `What FD Prover has recorded: ${inWords(stats)}`,
      placeHolder: stats.path,
    });
    await chosen?.act();
  }

  /** Everything as JSON lines, in an editor. */
  async open(): Promise<void> {
    const done = await this.events(["export", "--view", "suggestions"]);
    if (done !== undefined) {
      await this.pages.showText("records.jsonl", done === "" ? "Nothing is recorded.\n" : done);
    }
  }

  async export(): Promise<void> {
    const target = await window.showSaveDialog({
      saveLabel: "Export",
      filters: { "JSON Lines": ["jsonl"] },
    });
    if (target !== undefined && (await this.events(["export", "-o", target.fsPath])) !== undefined) {
      void window.showInformationMessage(`FD Prover: the records are in ${target.fsPath}.`);
    }
  }

  /** Delete all, after a question that says how much. */
  async purge(): Promise<void> {
    const stats = await this.stats();
    if (stats === undefined) {
      return;
    }
    const yes = "Delete for good";
    const question = `Delete all records of FD Prover on this machine (${inWords(stats)})?`;
    const detail = "Nothing learned from them so far is undone; they can't be brought back.";
    if ((await window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) {
      return;
    }
    const done = await this.events(["purge", "--everything", "--yes", "--json"]);
    if (done !== undefined) {
      tellPurged(JSON.parse(done) as Purged);
    }
  }

  /** Yes or no to recording, from now on. */
  async change(): Promise<void> {
    const choices = [
      { label: "Record", detail: "Which suggestions you take or replace; on this machine only.", recorded: true },
      { label: "Don't record", detail: "What is recorded already stays until you delete it.", recorded: false },
    ];
    const chosen = await window.showQuickPick(choices, { placeHolder: "May decisions be recorded?" });
    if (chosen === undefined) {
      return;
    }
    const answer = await this.link.request("fd/consent", { recorded: chosen.recorded });
    if (answer.kind === "answered") {
      const now = answer.value.recording ? "are recorded" : "are not recorded";
      void window.showInformationMessage(`FD Prover: decisions ${now}.`);
    } else if (answer.kind === "refused") {
      void window.showErrorMessage(`FD Prover: ${answer.what} ${answer.fix}`);
    }
  }

  private choices(stats: RecordsStats): Choice[] {
    return [
      { label: "$(open-preview) Show the records", act: () => this.open() },
      { label: "$(export) Export …", act: () => this.export() },
      { label: "$(trash) Delete all …", act: () => this.purge() },
      { label: stats.recording ? "$(circle-slash) Stop recording …" : "$(record) Record …", act: () => this.change() },
      { label: "$(copy) Copy where they lie", description: stats.path, act: async () => env.clipboard.writeText(stats.path) },
    ];
  }

  private async stats(): Promise<RecordsStats | undefined> {
    const answer = await this.link.request("fd/records", {});
    if (answer.kind === "refused") {
      void window.showErrorMessage(`FD Prover: ${answer.what} ${answer.fix}`);
    }
    return answer.kind === "answered" ? answer.value : undefined;
  }

  private async events(parameters: readonly string[]): Promise<string | undefined> {
    const stats = await this.stats();
    const { state } = this.link;
    if (stats === undefined || state.kind !== "running") {
      return undefined;
    }
    try {
      // The very store that the server writes: a setting of the editor may name another place.
      const environment = { ...process.env, FD_STORE__PATH: stats.path, PYTHONSAFEPATH: "1" };
      const options = { cwd: this.cwd, env: environment, maxBuffer: SHOWN_AT_MOST, windowsHide: true };
      return (await run(state.server.command, ["events", ...parameters], options)).stdout;
    } catch (error) {
      const said = (error as { stderr?: string }).stderr?.trim() ?? "";
      void window.showErrorMessage(`FD Prover: ${said === "" ? String(error) : said}`);
      return undefined;
    }
  }
}

/** A file that still holds records is named: the user was promised that they go for good. */
function tellPurged({ removed, held_journals: held = [], damaged_copies: damaged = [] }: Purged): void {
  const said = `FD Prover: ${removed ?? "all"} events deleted`;
  if (held.length + damaged.length === 0) {
    void window.showInformationMessage(`${said}.`);
    return;
  }
  const left = [
    ...(held.length === 0 ? [] : [`held by a program that runs (close it, then delete again): ${held.join(", ")}`]),
    ...(damaged.length === 0 ? [] : [`damaged (delete them yourself): ${damaged.join(", ")}`]),
  ];
  void window.showWarningMessage(`${said}, but some files still hold records; ${left.join("; ")}.`);
}

export function inWords(stats: RecordsStats): string {
  if (stats.consent !== "yes" && stats.offered === 0) {
    return "nothing";
  }
  return `${stats.offered} offered, ${stats.accepted} accepted, ${stats.rejected} rejected, ${stats.overridden} overridden`;
}

