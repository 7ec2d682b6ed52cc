/** Fakes for the panel's tests: a link that answers from a table, an editor that remembers. */

import type { Events, GoalsResult, Place, Requests, WireCandidate, WireEdit } from "../../../src/protocol";
import { PanelController } from "../../../src/panel/controller";
import type { PanelEditor } from "../../../src/panel/editor";
import type { Part, PartName, PartValue } from "../../../src/panel/messages";
import type { Answer, LinkState, ServerLink } from "../../../src/serverLink";

type Method = keyof Requests;
type Reply = unknown;

const RUNNING: LinkState = { kind: "running", server: { command: "fd-server", origin: "PATH" }, version: "0.1.0" };

export class FakeLink implements ServerLink {
  state: LinkState = RUNNING;
  readonly asked: { method: Method; params: unknown }[] = [];
  private readonly listeners = new Map<string, Set<(event: never) => void>>();
  private readonly stateListeners = new Set<(state: LinkState) => void>();

  constructor(private readonly replies: { [M in Method]?: Reply } = {}) {}

  readonly onDidChangeState = (listener: (state: LinkState) => unknown): { dispose(): void } => {
    this.stateListeners.add(listener);
    return { dispose: () => this.stateListeners.delete(listener) };
  };

  become(state: LinkState): void {
    this.state = state;
    for (const listener of this.stateListeners) listener(state);
  }

  async request<M extends Method>(method: M, params: Requests[M]["params"]): Promise<Answer<Requests[M]["result"]>> {
    this.asked.push({ method, params });
    const reply = this.replies[method];
    const value = typeof reply === "function" ? await (reply as (params: unknown) => unknown)(params) : reply;
    if (value === undefined) return { kind: "refused", what: `no ${method} here`, fix: "Do without." };
    if (isAnswer(value)) return value as Answer<Requests[M]["result"]>;
    return { kind: "answered", value: value as Requests[M]["result"] };
  }

  tell(): void {}

  onEvent<M extends keyof Events>(method: M, listener: (event: Events[M]) => void): { dispose(): void } {
    const all = this.listeners.get(method) ?? new Set();
    this.listeners.set(method, all.add(listener as (event: never) => void));
    return { dispose: () => all.delete(listener as (event: never) => void) };
  }

  send<M extends keyof Events>(method: M, event: unknown): void {
    for (const listener of this.listeners.get(method) ?? []) listener(event as never);
  }

  get listening(): number {
    return [...this.listeners.values()].reduce((sum, all) => sum + all.size, 0) + this.stateListeners.size;
  }

  run(): Promise<Answer<unknown>> {
    return Promise.resolve({ kind: "answered", value: undefined });
  }

  methods(): Method[] {
    return this.asked.map(({ method }) => method);
  }
}

function isAnswer(value: unknown): value is Answer<unknown> {
  const kinds = ["answered", "refused", "movedOn", "cancelled"];
  return typeof value === "object" && value !== null && "kind" in value && kinds.includes(value.kind as string);
}

export class FakeEditor implements PanelEditor {
  readonly done: string[] = [];
  readonly edits: WireEdit[] = [];
  takesEdits = true;
  saysYes = true;
  user: GoalsResult | undefined;
  at: { place: Place; name: string } | undefined = {
    place: { uri: "file:///p/A.lean", position: { line: 3, character: 2 }, version: 7 },
    name: "A.lean:4",
  };

  here(): { place: Place; name: string } | undefined {
    return this.at;
  }
  goalsFromUser(): Promise<GoalsResult | undefined> {
    return Promise.resolve(this.user);
  }
  reveal(uri: string): Promise<void> {
    return this.note(`reveal ${uri}`);
  }
  apply(edit: WireEdit): Promise<boolean> {
    if (this.takesEdits) this.edits.push(edit);
    return Promise.resolve(this.takesEdits);
  }
  openOutside(path: string): Promise<void> {
    return this.note(`outside ${path}`);
  }
  showMarkdown(markdown: string): Promise<void> {
    return this.note(`markdown ${markdown}`);
  }
  confirm(question: string): Promise<boolean> {
    return this.note(`confirm ${question}`).then(() => this.saysYes);
  }
  shortName(uri: string): string {
    return uri.split("/").at(-1) ?? uri;
  }
  records(command: string): Promise<void> {
    return this.note(command);
  }
  fixStatus(): Promise<void> {
    return this.note("fixStatus");
  }
  private note(what: string): Promise<void> {
    this.done.push(what);
    return Promise.resolve();
  }
}

/** A panel with its page: what was posted last of each part. */
export class FakePage {
  readonly posted: Part[] = [];
  readonly controller: PanelController;
  cancelled = 0;

  constructor(
    readonly link: FakeLink,
    readonly editor = new FakeEditor(),
  ) {
    const newCancelling = (): { token: never; cancel(): void } => ({ token: undefined as never, cancel: () => void this.cancelled++ });
    this.controller = new PanelController(link, editor, newCancelling, (part) => this.posted.push(part));
  }

  /** The latest value of a part, after everything was flushed. */
  async shows<P extends PartName>(part: P): Promise<PartValue<P>> {
    await new Promise((resolve) => setTimeout(resolve, 130));
    const last = this.posted.filter((item) => item.part === part).at(-1);
    if (!last) throw new Error(`${part} was never posted`);
    return last.value as PartValue<P>;
  }
}

export const EDIT: WireEdit = {
  uri: "file:///p/A.lean",
  version: 7,
  range: { start: { line: 3, character: 2 }, end: { line: 3, character: 2 } },
  newText: "omega",
};

export function candidate(more: Partial<WireCandidate> = {}): WireCandidate {
  return {
    text: "omega",
    origin: "portfolio",
    baseModel: "",
    adapterId: "",
    verdict: { kind: "closed", milliseconds: 12.4, after: [], messages: [], axioms: [], reason: "" },
    ...more,
  };
}

export const GOALS: GoalsResult = {
  kind: "goals",
  goals: [{ target: "p ∧ q", hypotheses: [], text: "p q : Prop\n⊢ p ∧ q" }],
  digest: "d",
  reason: "",
};
