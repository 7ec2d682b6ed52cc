/**
 * Where the step under the cursor begins: goals are handed over for that place, because it is the
 * one the server asks about. Mirrors `step_start` in `server/fd_server/places.py`; a test holds both
 * to the same examples.
 */

const OPENING = /^\s+|(?:^\s*|(?<=\s))[·.]\s+|\bby\s+|<;>\s*|;\s+|=>\s+|:=\s+/g;

export function stepStart(before: string): number {
  let start = 0;
  for (const found of before.matchAll(OPENING)) {
    start = Math.max(start, found.index + found[0].length);
  }
  return start;
}
