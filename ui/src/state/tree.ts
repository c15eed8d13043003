/** Changed files as the rows of a tree: folders first, folders with one child joined to it. */
import type { FileChange } from "../bindings";

/** `position` counts from 1 among the `siblings` of one folder, since a list that scrolls holds few of them. */
type Placed = { path: string; name: string; depth: number; position: number; siblings: number };
export type TreeRow =
  (Placed & { type: "folder"; open: boolean }) | (Placed & { type: "file"; change: FileChange });

type Folder = { folders: Map<string, Folder>; files: { name: string; change: FileChange }[] };

function insert(root: Folder, change: FileChange): void {
  const parts = change.path.split("/");
  const name = parts.pop() ?? change.path;
  let folder = root;
  for (const part of parts) {
    let next = folder.folders.get(part);
    if (!next) {
      next = { folders: new Map(), files: [] };
      folder.folders.set(part, next);
    }
    folder = next;
  }
  folder.files.push({ name, change });
}

const byName = (a: string, b: string) => a.localeCompare(b, "en", { numeric: true });

/** Lists the rows that are visible while the folders in `closed` are closed. */
export function tree(changes: readonly FileChange[], closed: ReadonlySet<string>): TreeRow[] {
  const root: Folder = { folders: new Map(), files: [] };
  for (const change of changes) insert(root, change);
  const rows: TreeRow[] = [];

  const walk = (folder: Folder, prefix: string, depth: number) => {
    const siblings = folder.folders.size + folder.files.length;
    let position = 0;
    for (const first of [...folder.folders.keys()].sort(byName)) {
      let name = first;
      let child = folder.folders.get(first);
      while (child && child.files.length === 0 && child.folders.size === 1) {
        const [inner, only] = [...child.folders][0] ?? [];
        if (inner === undefined || !only) break;
        name += `/${inner}`;
        child = only;
      }
      const path = prefix + name;
      const open = !closed.has(path);
      position += 1;
      rows.push({ type: "folder", path, name, depth, position, siblings, open });
      if (open && child) walk(child, `${path}/`, depth + 1);
    }
    for (const { name, change } of folder.files.sort((a, b) => byName(a.name, b.name))) {
      position += 1;
      rows.push({ type: "file", path: change.path, name, depth, position, siblings, change });
    }
  };
  walk(root, "", 0);
  return rows;
}

/** Adds up the lines of all files. */
export function totals(changes: readonly FileChange[]): { added: number; removed: number } {
  let added = 0;
  let removed = 0;
  for (const change of changes) {
    added += change.added;
    removed += change.removed;
  }
  return { added, removed };
}

/** Names the file that a tree shows first. */
export function firstFile(changes: readonly FileChange[]): string | null {
  return tree(changes, new Set()).find((row) => row.type === "file")?.path ?? null;
}
