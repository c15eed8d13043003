/** Finds what is typed behind an `@`, and puts a path in its place. */

export type Mention = { from: number; typed: string };

/** Returns the mention that ends at the caret; an `@` within a word, as in an address, is none. */
export function mentionAt(text: string, caret: number): Mention | null {
  const match = /(?:^|[\s("'`])@([^\s@]*)$/.exec(text.slice(0, caret));
  if (!match) return null;
  const typed = match[1] ?? "";
  return { from: caret - typed.length - 1, typed };
}

/** Puts the path there, with a space behind it, and says where the caret is then. */
export function complete(
  text: string,
  { from, typed }: Mention,
  path: string,
): { text: string; caret: number } {
  const after = text.slice(from + 1 + typed.length);
  const name = /\s/.test(path) ? `"${path}"` : path;
  const put = `@${name}${after.startsWith(" ") ? "" : " "}`;
  return {
    text: text.slice(0, from) + put + after,
    caret: from + put.length + (after.startsWith(" ") ? 1 : 0),
  };
}
