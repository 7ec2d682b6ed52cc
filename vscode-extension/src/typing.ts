/**
 * Whether somebody is typing at the moment, and a wait for them to pause.
 *
 * In a run of keys each one makes the answer to the one before worthless. The first key after a pause
 * is answered at once; within a run we ask only where it halts.
 */

import type { CancellationToken } from "vscode";

/** Changes this close together are one key's: a new line, and its indentation. */
const ONE_KEY_MS = 10;
/** Keys that follow each other this closely are a run. */
const RUN_MS = 300;
/** A run halts when no key has come for this long. */
const HALT_MS = 120;

export class Typing {
  private last = -Infinity;
  private isRun = false;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** A key was pressed that changed the text. */
  key(): void {
    const now = this.now();
    const since = now - this.last;
    this.isRun = since < ONE_KEY_MS ? this.isRun : since < RUN_MS;
    this.last = now;
  }

  /** Resolves at once if nobody is in the middle of a run, else when it halts or the editor gives up. */
  async halts(token: CancellationToken): Promise<void> {
    const left = this.last + HALT_MS - this.now();
    if (this.isRun && left > 0 && !token.isCancellationRequested) {
      await pause(left, token);
    }
  }
}

function pause(milliseconds: number, token: CancellationToken): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    token.onCancellationRequested(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
