/** How wide a line of code is drawn, in columns of the code's font. */
import type { Span } from "../bindings";

/** As the style of the differences draws them. */
const TAB_COLUMNS = 4;

/** Where East Asian scripts and pictures lie; a first guess, since fonts differ. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe4f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];

/** Counts the columns of a line; a tab reaches to its next stop from the line's beginning, whatever span it is in. */
export function columns(spans: readonly Pick<Span, "text">[]): number {
  let column = 0;
  for (const { text } of spans)
    for (const character of text) {
      if (character === "\t") column += TAB_COLUMNS - (column % TAB_COLUMNS);
      else column += isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
    }
  return column;
}

function isWide(code: number): boolean {
  return code >= 0x1100 && WIDE.some(([first, last]) => first <= code && code <= last);
}
