/** A mark for each tool of an agent. */
import CircleCheck from "@lucide/svelte/icons/circle-check";
import Eye from "@lucide/svelte/icons/eye";
import FilePen from "@lucide/svelte/icons/file-pen";
import FilePlus from "@lucide/svelte/icons/file-plus";
import FileX from "@lucide/svelte/icons/file-x";
import FolderPlus from "@lucide/svelte/icons/folder-plus";
import FolderTree from "@lucide/svelte/icons/folder-tree";
import ListChecks from "@lucide/svelte/icons/list-checks";
import ListTree from "@lucide/svelte/icons/list-tree";
import GitBranch from "@lucide/svelte/icons/git-branch";
import History from "@lucide/svelte/icons/history";
import MessageCircleQuestionMark from "@lucide/svelte/icons/message-circle-question-mark";
import MoveRight from "@lucide/svelte/icons/move-right";
import Search from "@lucide/svelte/icons/search";
import Wrench from "@lucide/svelte/icons/wrench";
import type { Component } from "svelte";

type Icon = Component<{ size?: number }>;

// The first word of a tool's name says what it does, whatever it does it to.
const icons: Record<string, Icon> = {
  list: FolderTree,
  read: Eye,
  search: Search,
  find: Search,
  glob: Search,
  grep: Search,
  make: FolderPlus,
  finish: CircleCheck,
  edit: FilePen,
  replace: FilePen,
  write: FilePlus,
  create: FilePlus,
  delete: FileX,
  remove: FileX,
  move: MoveRight,
  rename: MoveRight,
  history: History,
  log: History,
  git: GitBranch,
  blame: History,
  show: History,
  plan: ListChecks,
  update: ListChecks,
  outline: ListTree,
  ask: MessageCircleQuestionMark,
};

export function toolIcon(tool: string): Icon {
  return icons[tool.split("_")[0] ?? ""] ?? Wrench;
}

/** Writes arguments for people; what is not JSON stays as it was sent. */
export function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

/** More than this does not fit into a line. */
const TAIL_CHARACTERS = 60;

/** The end of arguments that are being written, in one line. */
export function tailOf(args: string): string {
  const line = args.slice(-TAIL_CHARACTERS * 2).replace(/\\n|\s+/g, " ");
  return line.length > TAIL_CHARACTERS ? `…${line.slice(-TAIL_CHARACTERS)}` : line;
}
