/** How each kind of change is written: git's letter, a word for it, and a colour. */
import type { FileChangeKind } from "../../bindings";

export const kinds: Record<FileChangeKind, { letter: string; word: string; colour: string }> = {
  ADDED: { letter: "A", word: "Added", colour: "text-added" },
  MODIFIED: { letter: "M", word: "Modified", colour: "text-muted" },
  DELETED: { letter: "D", word: "Deleted", colour: "text-removed" },
  RENAMED: { letter: "R", word: "Renamed", colour: "text-muted" },
  MODE: { letter: "P", word: "Permissions changed", colour: "text-muted" },
};

/** Writes a git file mode as git does. */
export function mode(bits: number | null): string {
  return bits === null ? "none" : bits.toString(8).padStart(6, "0");
}
