/** How an agent's log and what came back for it are read, which stays while something else stands in their place. */
import { SvelteMap, SvelteSet } from "svelte/reactivity";
import type { VListProps } from "virtua/svelte";

/** As many pieces of feedback as are shown at once. */
export const PIECES = 100;

export class FeedbackReading {
  most = $state(PIECES);
  /** Whether what was taken or is outdated is shown. */
  earlier = $state(false);
  /** What is unfolded, by the piece and which part of it. */
  readonly unfolded = new SvelteSet<string>();
  /** How far it was scrolled, in pixels. */
  offset = 0;
}

export class Reading {
  readonly feedback = new FeedbackReading();
  /** The turns whose rows are hidden, by their instructions. */
  readonly closed = new SvelteSet<string>();
  /** The rows that are unfolded, by their keys. */
  readonly opened = new SvelteSet<string>();
  /** Texts that were asked for whole, by their hashes: a row that comes into view again is as high as it was. */
  readonly wholes = new SvelteMap<string, string>();
  /** Whether the end is kept in view. */
  following = $state(true);
  /** How far it was scrolled, in pixels, and how high its rows were found to be. */
  offset = 0;
  heights: VListProps<unknown>["cache"];
}
