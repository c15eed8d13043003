/** What a reader has to know about a rendering, in words. */
import type { DiffNotice, DiffWindow } from "../../bindings";
import { mode } from "./kinds";

const texts: Record<DiffNotice, string> = {
  BINARY: "This file is binary.",
  TOO_LARGE: "This file is too large to be shown.",
  SUBMODULE: "A submodule: the rows show the commit it points to.",
  SYMBOLIC_LINK: "A symbolic link: the rows show its target.",
  LFS_POINTER: "A Git LFS pointer, not the file itself.",
  NOT_UTF8: "The text is not UTF-8: each byte is shown as a Latin-1 character.",
  HIDDEN_UNICODE: "Invisible or direction-changing characters were made visible.",
  LINE_ENDINGS: "The two sides end their lines differently.",
  LONG_LINE: "A very long line was cut.",
  NOT_HIGHLIGHTED: "The file is too large to be highlighted.",
  TOO_MANY_ROWS: "Only the first rows are shown: there are more than can be kept.",
};

type Head = Omit<DiffWindow, "rows">;

/** Lists what is to be said above the rows. */
export function noticeTexts(head: Head): string[] {
  const lines = head.notices.map((notice) => texts[notice]);
  if (head.oldMissingNewline !== head.newMissingNewline) {
    const side = head.newMissingNewline ? "new" : "old";
    lines.push(`The ${side} file does not end with a newline.`);
  }
  return lines;
}

/** Says why there are no rows. */
export function noRows({ change, notices }: Head): { title: string; text: string } {
  if (change.binary || notices.includes("BINARY"))
    return { title: "Binary file", text: "Its bytes differ, and there are no lines to compare." };
  if (notices.includes("TOO_LARGE"))
    return {
      title: "Too large to show",
      text: "The file is over the size that can be compared here. It is pushed as it is.",
    };
  if (change.kind === "MODE" || change.oldMode !== change.newMode) {
    if (change.kind === "ADDED") return { title: "Empty file", text: "The new file has no content." };
    if (change.kind === "DELETED") return { title: "Empty file", text: "The deleted file had no content." };
    const text = `Its permissions changed from ${mode(change.oldMode)} to ${mode(change.newMode)}.`;
    return { title: "The content is the same", text };
  }
  if (change.kind === "RENAMED")
    return { title: "Moved without changes", text: `From ${change.oldPath ?? "elsewhere"}.` };
  return { title: "No differences", text: "The file is as it was." };
}
