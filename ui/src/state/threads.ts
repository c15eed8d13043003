/** Where rows stand when something of any height is shown below some of them. */
import type { LineNote } from "./feedback";

/** Something below the row `index`. */
export type Insert = { index: number; height: number };

/** Returns how far down a row begins; `inserts` are in the order of their rows. */
export function topOf(index: number, rowPx: number, inserts: readonly Insert[]): number {
  const above = inserts.filter((insert) => insert.index < index);
  return above.reduce((top, insert) => top + insert.height, index * rowPx);
}

/** Returns the row at a distance from the top, or the row above an insert that stands there. */
export function rowAt(y: number, rowPx: number, inserts: readonly Insert[]): number {
  let before = 0;
  for (const { index, height } of inserts) {
    const begins = (index + 1) * rowPx + before;
    if (y < begins) break;
    if (y < begins + height) return index;
    before += height;
  }
  return Math.max(0, Math.floor((y - before) / rowPx));
}

/** Groups what is said of lines by the row that shows each line. */
export async function place(
  rows: { locate(line: number): Promise<number | null> },
  notes: readonly LineNote[],
): Promise<Map<number, LineNote[]>> {
  const placed = new Map<number, LineNote[]>();
  for (const note of notes) {
    // A line that cannot be read now has its remark in the list of feedback still.
    const index = await rows.locate(note.line).catch(() => null);
    if (index !== null) placed.set(index, [...(placed.get(index) ?? []), note]);
  }
  return placed;
}
