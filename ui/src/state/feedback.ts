/** What came back for a pull request: what is open of it, in which order, and where it stands in a file. */
import type { Agent, Feedback, FeedbackItem, FeedbackKind } from "../bindings";
import { placeOf } from "./handover";

export const kindWord: Record<FeedbackKind, string> = {
  FAILED_CHECK: "Failed check",
  REVIEW: "Review",
  LINE_COMMENT: "Line comment",
  COMMENT: "Comment",
};

/** Whether it still waits for somebody: what people said does after a push as well, a check ran on another commit. */
export const isOpenItem = ({ taken, outdated, kind }: FeedbackItem): boolean =>
  !taken && !(outdated && kind === "FAILED_CHECK");

/** Failed checks first, since they hold everything up; then what came last. */
export function ordered(items: readonly FeedbackItem[]): FeedbackItem[] {
  const late = (item: Feedback) => (item.kind === "FAILED_CHECK" ? 0 : 1);
  return items.toSorted((a, b) => late(a) - late(b) || b.at - a.at || (a.id < b.id ? 1 : -1));
}

/** What is said of one line, to be shown below it. */
export type LineNote = {
  /** Tells it apart from others in a list. */
  key: string;
  /** The feedback that it belongs to. */
  item: string;
  line: number;
  author: string;
  text: string;
  kind: "comment" | "failure" | "warning" | "notice";
};

/** Lists what is said of the lines of one file; what is outdated is about lines that are gone. */
export function lineNotes(items: readonly FeedbackItem[], path: string): LineNote[] {
  const notes = items.filter((item) => !item.outdated).flatMap((item) => notesOf(item, path));
  return notes.toSorted((a, b) => a.line - b.line);
}

function notesOf(item: FeedbackItem, path: string): LineNote[] {
  const { id, author, annotations } = item;
  const said: LineNote[] = annotations
    .map((note, index) => ({ ...note, key: `${id}#${index}` }))
    .filter((note) => note.path === path)
    .map(({ key, line, level, message }) => ({
      key,
      item: id,
      line,
      author,
      text: message,
      kind: levelOf(level),
    }));
  if (item.path !== path || item.line === null) return said;
  return [{ key: id, item: id, line: item.line, author, text: item.body, kind: "comment" }, ...said];
}

/** A level that GitHub may invent later is as mild as it gets. */
export function levelOf(level: string): "failure" | "warning" | "notice" {
  return level === "failure" || level === "warning" ? level : "notice";
}

/** Says what there is to do with the feedback of an agent, as in `checks failed, 3 to answer`. */
export function openText({ pullRequest, feedbackOpen }: Agent): string {
  const waits = `${feedbackOpen.toLocaleString("en")} to answer`;
  return pullRequest?.checks === "FAILED" ? `checks failed, ${waits}` : waits;
}

/** Names a piece of feedback for people who do not see it. */
export function nameOf(item: FeedbackItem): string {
  const place = item.path === null ? "" : ` at ${placeOf(item.path, item.line)}`;
  return `${kindWord[item.kind]} by ${item.author}${place}: ${item.title}`;
}
