/**
 * What to do when the server ends by itself: start it again, a few times, then leave it to the user.
 */

export const WINDOW_MS = 180_000;
export const RESTARTS_IN_WINDOW = 3;

export type Verdict =
  | { readonly kind: "restart"; readonly afterMs: number; readonly isFirst: boolean }
  | { readonly kind: "give up"; readonly times: number };

export class RestartPolicy {
  private ends: number[] = [];

  constructor(private readonly now: () => number = Date.now) {}

  /** The server ended. */
  ended(): Verdict {
    const now = this.now();
    this.ends = [...this.ends.filter((at) => now - at < WINDOW_MS), now];
    const times = this.ends.length;
    if (times > RESTARTS_IN_WINDOW) {
      return { kind: "give up", times };
    }
    return { kind: "restart", afterMs: times === 1 ? 0 : 1000 * 4 ** (times - 2), isFirst: times === 1 };
  }

  /** The user started it: what was before does not count. */
  forget(): void {
    this.ends = [];
  }
}
