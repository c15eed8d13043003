/** Which file is on screen, and whether what is shown of it is still what it is. */
import type { FileChange } from "../bindings";
import { firstFile } from "./tree";

/** A line of a file that is to be shown; another object for each time it is asked for. */
export type Place = { path: string; line: number };

/** Finds a changed file by its path, or by the path it had before a move. */
export function named(changes: readonly FileChange[], path: string | null): FileChange | undefined {
  if (path === null) return undefined;
  return changes.find((change) => change.path === path) ?? changes.find(({ oldPath }) => oldPath === path);
}

/** Names the file to show: the open one while it differs, so that others never take it off the screen. */
export function stay(changes: readonly FileChange[], open: string | null): string | null {
  return named(changes, open)?.path ?? firstFile(changes);
}

/** Tells two states of one file apart: by the last edit that named it, and by its entry in the list. */
export function stateOf(change: FileChange | undefined, editedAt: number | undefined): string {
  return JSON.stringify([editedAt ?? 0, change ?? null]);
}
