/** What the event store says, asked until it says it. */

import { expect } from "vitest";

import type { Host, StoredEvent } from "./host";
import { SLOW_MS } from "./places";

export interface Resolved {
  readonly offered: StoredEvent["event"];
  readonly decision: NonNullable<StoredEvent["event"]["decision"]>;
}

/** Everything decided so far, with what was offered. */
export async function decisions(host: Host): Promise<Resolved[]> {
  const events = await host.records();
  const offers = new Map(events.filter((e) => e.kind === "SuggestionOffered").map((e) => [e.event.suggestion_id, e.event]));
  return events.flatMap(({ kind, event }) => {
    const offered = offers.get(event.suggestion_id);
    return kind === "SuggestionResolved" && offered && event.decision ? [{ offered, decision: event.decision }] : [];
  });
}

/** The first decision of some kind, once it is in the store. */
export async function resolved(
  host: Host,
  fits: (decision: Resolved["decision"], offered: Resolved["offered"]) => boolean,
): Promise<Resolved> {
  let found: Resolved | undefined;
  await expect
    .poll(
      async () => {
        found = (await decisions(host)).find(({ decision, offered }) => fits(decision, offered));
        return found !== undefined;
      },
      { timeout: SLOW_MS, interval: 100 },
    )
    .toBe(true);
  if (!found) throw new Error("no such decision");
  return found;
}

/** What was offered in a file. */
export async function offeredIn(host: Host, file: string): Promise<StoredEvent["event"][]> {
  const events = await host.records();
  return events.filter((e) => e.kind === "SuggestionOffered" && (e.event.uri ?? "").endsWith(file)).map((e) => e.event);
}

/** Wait until something was offered in a file, and has been recorded. */
export async function offered(host: Host, file: string): Promise<void> {
  await expect.poll(async () => (await offeredIn(host, file)).length, { timeout: SLOW_MS, interval: 100 }).toBeGreaterThan(0);
}
