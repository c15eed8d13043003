/** Finds the row of a line among rows that come in pages, reading few of them. */
import type { DiffRow } from "../bindings";

type Read = (page: number) => Promise<readonly DiffRow[]>;

/**
 * Returns the index of the row that shows `line` of the new side, or the nearest one behind it where that line
 * is not shown; nothing where no row has a new side.
 */
export async function locate(
  total: number,
  pageRows: number,
  read: Read,
  line: number,
): Promise<number | null> {
  if (total === 0) return null;
  let [low, high] = [0, Math.ceil(total / pageRows) - 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const last = await lastLine(middle, low, read);
    if (last === null || last < line) low = middle + 1;
    else high = middle;
  }
  const rows = await read(low);
  const index = rows.findIndex((row) => (newLine(row) ?? 0) >= line);
  if (index >= 0) return low * pageRows + index;
  return (await lastLine(low, 0, read)) === null ? null : total - 1;
}

/** The last line of the new side up to a page; a page can be all removals, so earlier ones are asked as well. */
async function lastLine(from: number, least: number, read: Read): Promise<number | null> {
  for (let page = from; page >= least; page -= 1) {
    const row = (await read(page)).findLast((each) => newLine(each) !== null);
    if (row) return newLine(row);
  }
  return null;
}

function newLine(row: DiffRow): number | null {
  return row.type === "pair" ? (row.right?.line ?? null) : null;
}
