/**
 * Notices a server that runs and no longer answers: asks it something cheap now and then, and waits
 * long, because a model that is being loaded keeps it busy.
 */

export const INTERVAL_MS = 60_000;
export const PATIENCE_MS = 120_000;

export class Heartbeat {
  private timer: NodeJS.Timeout | undefined;

  /** `ask` resolves or rejects when there was any answer; `dead` is called once at most. */
  constructor(
    private readonly ask: () => Promise<unknown>,
    private readonly dead: () => void,
  ) {
    this.wait();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private wait(): void {
    this.timer = setTimeout(() => this.beat(), INTERVAL_MS);
  }

  private beat(): void {
    const patience = setTimeout(() => {
      this.stop();
      this.dead();
    }, PATIENCE_MS);
    this.timer = patience;
    const answered = (): void => {
      if (this.timer === patience) {
        clearTimeout(patience);
        this.wait();
      }
    };
    this.ask().then(answered, answered);
  }
}
