/** What the panel does: the page's intents become requests; answers and events become its parts. */

import type { Disposable } from "vscode";

import type { Requests, Status, WireRange } from "../protocol";
import type { Answer, ServerLink } from "../serverLink";
import type { PanelEditor } from "./editor";
import { Intent, read } from "./messages";
import type { Part } from "./messages";
import { adaptersPart, boardPart, enginePart, goalPart, recordsPart, runsPart } from "./parts";
import { PanelState } from "./state";
import { Thinking } from "./thinking";
import type { Takeable } from "./thinking";

const DOWN = new Set(["stopped", "missing", "failed"]);
const SUGGEST_SECONDS = 6;

/** Cancelling is a seam too: `vscode.CancellationTokenSource` in the workbench. */
export interface Cancelling {
  readonly token: NonNullable<Parameters<ServerLink["request"]>[2]>;
  cancel(): void;
}

export class PanelController implements Disposable {
  private readonly state: PanelState;
  private readonly thinking: Thinking;
  private readonly heard: Disposable[];
  private running: Cancelling | undefined;
  private rows = new Map<string, { uri: string; range: WireRange }>();
  private reports = new Map<string, string>();
  private goalAsked = 0;

  constructor(
    private readonly link: ServerLink,
    private readonly editor: PanelEditor,
    private readonly newCancelling: () => Cancelling,
    post: (part: Part) => void,
  ) {
    this.state = new PanelState(post);
    this.thinking = new Thinking(this.state);
    this.heard = [
      link.onEvent("fd/candidates", (event) => this.guarded("fd/candidates", () => this.thinking.heardCandidates(event))),
      link.onEvent("fd/searchEvent", (event) => this.guarded("fd/searchEvent", () => this.thinking.heardSearch(event))),
      link.onEvent("fd/status", (status) => this.guarded("fd/status", () => this.showEngine(status))),
      link.onDidChangeState(() => void this.refresh()),
    ];
  }

  /** Something came from the page. */
  async received(message: unknown): Promise<void> {
    const intent = read(Intent, message);
    if (intent.kind === "unreadable") return this.say(`The panel sent something unreadable (${intent.what}).`, true);
    try {
      await this.act(intent.value);
    } catch (error) {
      this.say(`FD Prover: ${String(error)}`, true);
    }
  }

  /** The cursor moved: the goal there, from the user's own Lean where it answers. */
  async moved(): Promise<void> {
    const here = this.editor.here();
    const asked = ++this.goalAsked;
    if (!here) return this.state.set("goal", { kind: "nowhere", place: "", goals: [], reason: "" });
    this.state.update("goal", { place: here.name });
    const goals = (await this.editor.goalsFromUser(here.place)) ?? (await this.quietly("fd/goals", here.place));
    if (asked !== this.goalAsked || !goals) return;
    this.guarded("fd/goals", () => this.state.set("goal", goalPart(goals, here.name)));
  }

  /** The text changed: what was found for an older text cannot be taken any more. */
  edited(): void {
    this.thinking.spent();
  }

  async refresh(): Promise<void> {
    if (DOWN.has(this.link.state.kind)) {
      const state = this.link.state;
      const detail = "what" in state ? state.what : "why" in state ? state.why : "";
      const fix = "fix" in state ? state.fix : "";
      return this.state.set("engine", { state: "no server", detail, fix, model: "", lean: "", isDown: true });
    }
    await Promise.all([this.showStatus(), this.showBoard(), this.showRuns(), this.showAdapters(), this.showRecords(), this.moved()]);
  }

  dispose(): void {
    this.running?.cancel();
    for (const item of this.heard) item.dispose();
    this.state.dispose();
  }

  private async act(intent: Intent): Promise<void> {
    switch (intent.type) {
      case "ready":
        this.state.sendAll();
        return this.refresh();
      case "refresh":
        return this.refresh();
      case "suggest":
        return this.suggest();
      case "prove":
        return this.prove();
      case "stop":
        this.running?.cancel();
        return;
      case "insertProof":
        return this.take(this.thinking.takeableProof());
      case "take":
        return this.take(this.thinking.takeable(intent.candidate));
      case "reject":
        return this.reject(intent.candidate);
      case "explain":
        return this.explain(intent.candidate);
      case "openRow":
      case "proveRow":
      case "queueRow":
        return this.row(intent.type, intent.row);
      case "unqueue":
        await this.ask("fd/nightRemove", { id: intent.goal });
        return this.showBoard();
      case "openReport": {
        const report = this.reports.get(intent.run);
        return report === undefined ? this.say("That run has no report.", true) : this.editor.openOutside(report);
      }
      case "promote":
        return this.promote(intent.adapter);
      case "rollback":
        return this.rollback();
      case "fixStatus":
        return this.editor.fixStatus();
      default:
        await this.editor.records(intent.type);
        return this.showRecords();
    }
  }

  private async suggest(): Promise<void> {
    const here = this.editor.here();
    if (!here) return this.say("Put the cursor into a proof first.", true);
    const token = this.thinking.begin("suggesting");
    const params = { ...here.place, token, includeFailed: true, limit: 40, seconds: SUGGEST_SECONDS };
    const answer = await this.cancellable("fd/suggest", params);
    if (this.thinking.token !== token) return;
    if (answer.kind !== "answered") return this.thinking.ended(endInWords(answer));
    const { candidates, state, status } = answer.value;
    this.guarded("fd/suggest", () => this.state.set("goal", goalPart(state, here.name)));
    this.guarded("fd/suggest", () => this.thinking.suggested(candidates, state.kind === "goals" ? status : state.reason));
  }

  private async prove(place = this.editor.here()?.place): Promise<void> {
    if (!place) return this.say("Put the cursor on a `sorry` first.", true);
    const token = this.thinking.begin("proving");
    const answer = await this.cancellable("fd/prove", { ...place, token });
    if (this.thinking.token !== token) return;
    if (answer.kind !== "answered") return this.thinking.ended(endInWords(answer));
    this.guarded("fd/prove", () => this.thinking.proved(answer.value));
    await this.showBoard();
  }

  private async take(found: Takeable | undefined): Promise<void> {
    if (!found) return this.say("The text has changed since: ask again.", true);
    if (!(await this.editor.apply(found.edit))) return this.say("The editor did not take the edit: ask again.", true);
    if (found.id !== undefined) await this.ask("fd/decision", { suggestionId: found.id, kind: "accepted" });
    this.say("Inserted.");
    await this.showRecords();
  }

  private async reject(key: string): Promise<void> {
    const id = this.thinking.idOf(key);
    if (id === undefined) return;
    const done = await this.ask("fd/decision", { suggestionId: id, kind: "rejected" });
    if (done) this.say("Noted: not this one.");
    await this.showRecords();
  }

  private async explain(key: string): Promise<void> {
    const id = this.thinking.idOf(key);
    const told = id !== undefined && (await this.ask("fd/explain", { suggestionId: id }));
    if (told) await this.editor.showMarkdown(told.markdown);
  }

  private async row(what: "openRow" | "proveRow" | "queueRow", key: string): Promise<void> {
    const row = this.rows.get(key);
    if (!row) return this.say("That row is gone: refresh.", true);
    const place = { uri: row.uri, position: row.range.start };
    if (what === "queueRow") {
      await this.ask("fd/tonight", place);
      return this.showBoard();
    }
    await this.editor.reveal(row.uri, row.range);
    if (what === "proveRow") await this.prove(place);
  }

  private async promote(id: string): Promise<void> {
    if (!(await this.editor.confirm(`Serve adapter ${id.slice(0, 12)} from now on?`, "Promote"))) return;
    if (await this.ask("fd/promote", { id })) await this.showAdapters();
  }

  private async rollback(): Promise<void> {
    if (!(await this.editor.confirm("Serve the adapter before this one again?", "Roll back"))) return;
    if (await this.ask("fd/rollback", {})) await this.showAdapters();
  }

  private async showStatus(): Promise<void> {
    const status = await this.quietly("fd/getStatus", {});
    if (status) this.guarded("fd/getStatus", () => this.showEngine(status));
  }

  private showEngine(status: Status): void {
    this.state.set("engine", enginePart(status));
  }

  private async showBoard(): Promise<void> {
    const [board, night] = await Promise.all([this.ask("fd/board", {}), this.quietly("fd/night", {})]);
    if (!board) return;
    this.guarded("fd/board", () => {
      const { part, rows } = boardPart(board, night?.goals ?? [], (uri) => this.editor.shortName(uri));
      this.rows = rows;
      this.state.set("board", part);
    });
  }

  private async showRuns(): Promise<void> {
    const runs = await this.quietly("fd/runs", {});
    if (!runs) return;
    this.guarded("fd/runs", () => {
      const { part, reports } = runsPart(runs);
      this.reports = reports;
      this.state.set("runs", part);
    });
  }

  private async showAdapters(): Promise<void> {
    const adapters = await this.quietly("fd/adapters", {});
    if (adapters) this.guarded("fd/adapters", () => this.state.set("adapters", adaptersPart(adapters)));
  }

  private async showRecords(): Promise<void> {
    const records = await this.quietly("fd/records", {});
    if (records) this.guarded("fd/records", () => this.state.set("records", recordsPart(records)));
  }

  private async cancellable<M extends "fd/suggest" | "fd/prove">(
    method: M,
    params: Requests[M]["params"],
  ): Promise<Answer<Requests[M]["result"]>> {
    this.running?.cancel();
    const running = (this.running = this.newCancelling());
    const answer = await this.link.request(method, params, running.token);
    if (this.running === running) this.running = undefined;
    return answer;
  }

  /** Ask; a refusal is shown with its fix. */
  private async ask<M extends keyof Requests>(
    method: M,
    params: Requests[M]["params"],
  ): Promise<Requests[M]["result"] | undefined> {
    const answer = await this.link.request(method, params);
    if (answer.kind === "answered") return answer.value;
    if (answer.kind === "refused") this.say(`${answer.what}. ${answer.fix}`.trim(), true);
    return undefined;
  }

  /** Ask for what is only shown: a refusal leaves it as it was. */
  private async quietly<M extends keyof Requests>(
    method: M,
    params: Requests[M]["params"],
  ): Promise<Requests[M]["result"] | undefined> {
    const answer = await this.link.request(method, params);
    return answer.kind === "answered" ? answer.value : undefined;
  }

  /** A server of another version, or a broken one, may answer in a shape we do not know. */
  private guarded(method: string, show: () => void): void {
    try {
      show();
    } catch (error) {
      this.say(`fd-server answered ${method} in a way the panel can't read (${String(error)}).`, true);
    }
  }

  private say(text: string, isError = false): void {
    this.state.set("notice", { text, isError });
  }
}

function endInWords(answer: Exclude<Answer<unknown>, { kind: "answered" }>): string {
  switch (answer.kind) {
    case "cancelled":
      return "Stopped.";
    case "movedOn":
      return "The text changed meanwhile: ask again.";
    case "refused":
      return `${answer.what}. ${answer.fix}`.trim();
  }
}
