/** How an agent's log is read, which stays while something else stands in its place. */
import { SvelteSet } from "svelte/reactivity";
import type { VListProps } from "virtua/svelte";

export class Reading {
  /** The turns whose rows are hidden, by their instructions. */
  readonly closed = new SvelteSet<string>();
  /** The rows that are unfolded, by their keys. */
  readonly opened = new SvelteSet<string>();
  /** Whether the end is kept in view. */
  following = $state(true);
  /** How far it was scrolled, in pixels, and how high its rows were found to be. */
  offset = 0;
  heights: VListProps<unknown>["cache"];
}
