/** The rows of one file's differences, fetched in pages as they come into view. */
/* eslint-disable svelte/prefer-svelte-reactivity -- the map is replaced rather than changed, and nobody watches the set. */
import type { DiffRow, DiffWindow, Fault } from "../bindings";
import { type Backend, toFault } from "../backend/backend";

const PAGE_ROWS = 200;

export class Diff {
  /** What the last answer said of the whole rendering; its rows are kept apart. */
  head = $state.raw<Omit<DiffWindow, "rows"> | null>(null);
  fault = $state.raw<Fault | null>(null);
  private pages = $state.raw<ReadonlyMap<number, readonly DiffRow[]>>(new Map());
  private asked = new Set<number>();
  /** Characters of the longest line seen so far; it only grows, so that nothing jumps. */
  widest = $state(0);

  constructor(
    private readonly backend: Backend,
    private readonly agent: string,
    readonly path: string,
  ) {
    this.show(0, 1);
  }

  get total(): number {
    return this.head?.totalRows ?? 0;
  }

  /** Returns a row, or nothing while it is on its way. */
  row(index: number): DiffRow | undefined {
    return this.pages.get(Math.floor(index / PAGE_ROWS))?.[index % PAGE_ROWS];
  }

  /** Fetches what is missing of the rows from `first` to `last`. */
  show(first: number, last: number): void {
    for (let page = Math.floor(first / PAGE_ROWS); page <= Math.floor(last / PAGE_ROWS); page += 1) {
      if (!this.asked.has(page)) void this.fetch(page);
    }
  }

  /** Asks again for what is shown, because the file has changed; the old rows stay until then. */
  refresh(first: number, last: number): void {
    this.asked.clear();
    this.show(first, last);
  }

  private async fetch(page: number): Promise<void> {
    this.asked.add(page);
    try {
      const { rows, ...head } = await this.backend.diffRows(
        this.agent,
        this.path,
        page * PAGE_ROWS,
        PAGE_ROWS,
      );
      this.pages = new Map(this.pages).set(page, rows);
      this.widest = Math.max(this.widest, ...rows.map(width));
      this.head = head;
      this.fault = null;
    } catch (thrown) {
      this.asked.delete(page);
      this.fault = toFault(thrown);
    }
  }
}

function width(row: DiffRow): number {
  if (row.type !== "pair") return 0;
  const side = (spans: { text: string }[] = []) => spans.reduce((sum, span) => sum + span.text.length, 0);
  return Math.max(side(row.left?.spans), side(row.right?.spans));
}
