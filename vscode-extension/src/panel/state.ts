/**
 * What the page shows, part by part. Changes are sent together, ten times a second at most, so that a
 * server that floods cannot keep the page (or the editor) busy.
 */

import type { Part, PartName, PartValue } from "./messages";

export const SEND_EVERY_MS = 100;

const EMPTY: { readonly [P in PartName]: PartValue<P> } = {
  engine: { state: "", detail: "", fix: "", model: "", lean: "", isDown: false },
  goal: { kind: "nowhere", place: "", goals: [], reason: "" },
  search: { kind: "none", running: false, judged: 0, summary: "", canInsert: false, candidates: [] },
  tree: { nodes: [], dropped: 0 },
  board: { rows: [], tonight: [] },
  runs: { runs: [] },
  adapters: { promoted: "", adapters: [] },
  records: { known: false, path: "", recording: false, consent: "ask", counts: [] },
  notice: { text: "", isError: false },
};

export class PanelState {
  private readonly parts: { [P in PartName]: PartValue<P> } = structuredClone(EMPTY);
  private readonly changed = new Set<PartName>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly post: (part: Part) => void) {}

  get<P extends PartName>(part: P): PartValue<P> {
    return this.parts[part];
  }

  set<P extends PartName>(part: P, value: PartValue<P>): void {
    (this.parts as Record<PartName, unknown>)[part] = value;
    this.changed.add(part);
    this.timer ??= setTimeout(() => this.flush(), SEND_EVERY_MS);
  }

  /** Change some fields of a part. */
  update<P extends PartName>(part: P, change: Partial<PartValue<P>>): void {
    this.set(part, { ...this.parts[part], ...change });
  }

  /** Send everything: the page has (again) nothing. */
  sendAll(): void {
    for (const part of Object.keys(this.parts) as PartName[]) this.changed.add(part);
    this.flush();
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const parts = [...this.changed];
    this.changed.clear();
    for (const part of parts) this.post({ part, value: this.parts[part] } as Part);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.changed.clear();
  }
}
