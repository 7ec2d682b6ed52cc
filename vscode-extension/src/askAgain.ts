/**
 * Whether a place that was answered with nothing is asked about again, and when.
 *
 * The server answers within a second with what it has by then; Lean may still read the file, or be
 * down. Nobody is told that a place is ready, only how the engine fares: we go by that. The engine
 * works for other places, too, and tells only the last of what happens within a tenth of a second, so
 * news are a reason to ask and no promise. A question too many costs little (the server answers from
 * the work that was done), but it may make news of its own: the pauses double, and there is an end.
 */

import type { EngineState, Status } from "./protocol";

/** Questions of ours about one place that nobody touched; with the pauses they reach over five minutes. */
export const MOST = 12;
const SHORTEST_MS = 500;
const LONGEST_MS = 60_000;
/** Nobody tells us that Lean is back unless somebody asks: the server looks again after this long. */
export const LEAN_DOWN_MS = 10_500;
const LONGEST_LEAN_DOWN_MS = 300_000;
/** Work that ends this soon after an answer is the work that gave it. */
export const SAME_WORK_MS = 250;

/** States that follow a search that found something; a model that is down says so all the time. */
const MAY_HAVE_FOUND: ReadonlySet<string> = new Set<EngineState>(["idle", "policy down"]);

/** `hope`: something was found, or Lean is back. `doubt`: work ended, perhaps not that for our place. */
type News = "hope" | "doubt" | "Lean down" | "none";

/** What came of a question. */
export type Outcome = "empty" | "something" | "given up";

interface Unanswered {
  readonly place: string;
  /** Our own questions so far. */
  asked: number;
  doubted: boolean;
  /** Undefined while the server is being asked: a second question would cancel the first. */
  answeredAt: number | undefined;
  /** Whether there was hope meanwhile. */
  hoped: boolean;
}

export interface AskAgainParts {
  /** Does the cursor still rest there, in the very same text? */
  stands(place: string): boolean;
  ask(): void;
}

export class AskAgain {
  private open: Unanswered | undefined;
  private last: Status | undefined;
  private isBack = false;
  private isOurs = false;
  private timer: NodeJS.Timeout | undefined;
  private due = Infinity;

  constructor(private readonly parts: AskAgainParts) {}

  /** The server is asked about a place. Returns what to report the outcome with. */
  asking(place: string): (outcome: Outcome) => void {
    const isOurs = this.isOurs && this.open?.place === place;
    const open: Unanswered = {
      place,
      asked: isOurs ? (this.open?.asked ?? 0) + 1 : 0,
      doubted: isOurs && this.open?.doubted === true,
      answeredAt: undefined,
      hoped: false,
    };
    this.forget();
    this.open = open;
    return (outcome) => {
      if (this.open !== open) {
        return; // asked anew meanwhile
      }
      if (outcome !== "empty") {
        this.forget();
        return;
      }
      open.answeredAt = Date.now();
      this.consider(open.hoped ? "hope" : this.last?.state === "Lean down" ? "Lean down" : "none");
    };
  }

  /** Was the last answer at this place nothing? */
  isUnanswered(place: string): boolean {
    return this.open?.place === place && this.open.answeredAt !== undefined;
  }

  /** How the engine fares now. */
  heard(status: Status): void {
    const news = this.newsIn(status);
    this.last = status;
    const { open } = this;
    if (open !== undefined && open.answeredAt === undefined) {
      open.hoped ||= news === "hope";
    } else {
      this.consider(news);
    }
  }

  /** Another server: what was heard of the last one means nothing. */
  forget(): void {
    clearTimeout(this.timer);
    this.open = undefined;
    this.isOurs = false;
    this.due = Infinity;
  }

  private newsIn({ state, judged, sampled }: Status): News {
    const { last } = this;
    if (state === "Lean down") {
      this.isBack = false;
      return last?.state === state ? "none" : state;
    }
    this.isBack ||= last?.state === "Lean down";
    const isSame = last?.state === state && last.judged === judged && last.sampled === sampled;
    if (state === "thinking" || (isSame && !this.isBack)) {
      return "none";
    }
    const isHope = this.isBack || (MAY_HAVE_FOUND.has(state) && judged > 0);
    this.isBack = false;
    return isHope ? "hope" : "doubt";
  }

  private consider(news: News): void {
    const { open } = this;
    if (open?.answeredAt === undefined || news === "none" || open.asked >= MOST || !this.parts.stands(open.place)) {
      return;
    }
    if (news === "doubt") {
      if (open.doubted || Date.now() - open.answeredAt < SAME_WORK_MS) {
        return;
      }
      open.doubted = true;
    }
    this.askAt(news === "Lean down" ? Date.now() + downFor(open.asked) : open.answeredAt + pauseAfter(open.asked));
  }

  private askAt(due: number): void {
    if (due >= this.due) {
      return;
    }
    clearTimeout(this.timer);
    this.due = due;
    this.timer = setTimeout(() => {
      this.due = Infinity;
      if (this.open !== undefined && this.parts.stands(this.open.place)) {
        this.isOurs = true;
        this.parts.ask();
      }
    }, Math.max(0, due - Date.now()));
  }
}

function pauseAfter(asked: number): number {
  return asked === 0 ? 0 : Math.min(LONGEST_MS, SHORTEST_MS * 2 ** (asked - 1));
}

function downFor(asked: number): number {
  return Math.min(LONGEST_LEAN_DOWN_MS, LEAN_DOWN_MS * 2 ** asked);
}
