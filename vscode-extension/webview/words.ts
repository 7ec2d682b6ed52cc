/** Times and numbers in words. */

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/** How long ago, in the largest unit that fits. */
export function ago(at: number | null, now = Date.now() / 1000): string {
  if (at === null) return "";
  const seconds = Math.max(0, now - at);
  if (seconds < MINUTE_S) return "just now";
  if (seconds < HOUR_S) return `${String(Math.floor(seconds / MINUTE_S))} min`;
  if (seconds < DAY_S) return `${String(Math.floor(seconds / HOUR_S))} h`;
  const days = Math.floor(seconds / DAY_S);
  return `${String(days)} day${days === 1 ? "" : "s"}`;
}

/** A moment, as the user's machine writes it. */
export function moment(at: number): string {
  return new Date(at * 1000).toLocaleString();
}

/** A metric with as many digits as say something. */
export function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(3);
}
