/** Which file is on screen, and whether what is shown of it is still what it is. */
import type { FileChange } from "../bindings";
import { firstFile } from "./tree";

/**
 * Names the file to show: the one that is open for as long as it differs, under its new name after a
 * move, so that files that come and go elsewhere never take it off the screen.
 */
export function stay(changes: readonly FileChange[], open: string | null): string | null {
  const kept =
    changes.find(({ path }) => path === open) ??
    changes.find(({ oldPath }) => oldPath !== null && oldPath === open);
  return kept?.path ?? firstFile(changes);
}

/** Tells two states of one file apart: by the last edit that named it, and by its entry in the list. */
export function stateOf(change: FileChange | undefined, editedAt: number | undefined): string {
  return JSON.stringify([editedAt ?? 0, change ?? null]);
}
