/** Where arrow keys lead in rows of items: pure, no page needed. */

/** Where a key leads, in rows of items. */
export function target<T>(rows: readonly (readonly T[])[], from: T, key: string): T | undefined {
  const row = rows.findIndex((items) => items.includes(from));
  const items = rows[row];
  if (!items) return undefined;
  const column = items.indexOf(from);
  const within = (other: readonly T[] | undefined): T | undefined => other?.[Math.min(column, other.length - 1)];
  switch (key) {
    case "ArrowDown":
      return within(rows[row + 1]);
    case "ArrowUp":
      return within(rows[row - 1]);
    case "ArrowRight":
      return items[column + 1];
    case "ArrowLeft":
      return items[column - 1];
    case "Home":
      return rows[0]?.[0];
    case "End":
      return rows.at(-1)?.[0];
    default:
      return undefined;
  }
}
