/** How much of a repository's history is fetched, as the create form holds it. */
import type { Problem } from "./draft";
import { plural } from "./format";
import { amount } from "./limits";

export type HistoryDraft = {
  /** Whether the last commits are enough. */
  cut: boolean;
  depth: string;
};

export const wholeHistory: HistoryDraft = { cut: false, depth: "50" };

export function checkHistory(draft: HistoryDraft): Problem | undefined {
  if (!draft.cut || amount(draft.depth)) return undefined;
  return { message: "Write a whole number above zero.", hint: null };
}

/** Reads how many commits {@link checkHistory} finds nothing wrong with; `null` for all of them. */
export function toDepth(draft: HistoryDraft): number | null {
  return draft.cut ? (amount(draft.depth) ?? null) : null;
}

/** Says how much of the history it is. */
export function historyText(draft: HistoryDraft): string {
  const depth = toDepth(draft);
  if (!draft.cut) return "all of it";
  return depth === 1 ? "the last commit" : depth ? `the last ${plural(depth, "commit")}` : "the last commits";
}
