/** The rows of one file's differences, fetched in pages as they come into view. */
/* eslint-disable svelte/prefer-svelte-reactivity -- the map is replaced rather than changed, and nobody watches the set. */
import type { DiffRow, DiffWindow, Fault } from "../bindings";
import { type Backend, toFault } from "../backend/backend";
import { columns } from "./columns";
import { locate } from "./locate";

const PAGE_ROWS = 200;

type Pages = ReadonlyMap<number, readonly DiffRow[]>;

export class Diff {
  /** What the last answer said of the whole rendering; its rows are kept apart. */
  head = $state.raw<Omit<DiffWindow, "rows"> | null>(null);
  fault = $state.raw<Fault | null>(null);
  private pages = $state.raw<Pages>(new Map());
  /** Columns of the longest line fetched so far, by what its characters are; it only grows, so that nothing jumps. */
  widest = $state(0);
  /** Pixels of the longest line drawn so far, which says what no count of characters can. */
  drawn = $state(0);
  private asked = new Set<number>();
  private view = { first: 0, last: 0 };
  /** Counts the reloads, so that a page of an older rendering is never put among newer ones. */
  rendering = $state(0);
  private reloading = false;
  private again = false;

  constructor(
    private readonly backend: Backend,
    private readonly agent: string,
    readonly path: string,
  ) {
    void this.refresh();
  }

  get total(): number {
    return this.head?.totalRows ?? 0;
  }

  /** Whether there is something to show, rows or a fault. */
  get settled(): boolean {
    return this.head !== null || this.fault !== null;
  }

  /** Returns a row, or nothing while it is on its way. */
  row(index: number): DiffRow | undefined {
    return this.pages.get(Math.floor(index / PAGE_ROWS))?.[index % PAGE_ROWS];
  }

  /** Finds the row that shows a line of the new side, or the nearest one behind it. */
  locate(line: number): Promise<number | null> {
    const read = async (page: number) => this.pages.get(page) ?? (await this.ask(page)).rows;
    return locate(this.total, PAGE_ROWS, read, line);
  }

  /** Fetches what is missing of the rows from `first` to `last`, which are in view now. */
  show(first: number, last: number): void {
    this.view = { first, last };
    for (const page of this.pagesInView()) if (!this.asked.has(page)) void this.add(page);
  }

  /** Takes the width of a line that is on screen. */
  measured(px: number): void {
    if (px > this.drawn) this.drawn = px;
  }

  /**
   * Asks again for what is in view, because the file has changed; the old rows stay until all of the
   * new ones are there. A change meanwhile is asked for once more afterwards, so that answers are
   * never dropped for newer ones that are still to come.
   */
  async refresh(): Promise<void> {
    this.again = true;
    if (this.reloading) return;
    this.reloading = true;
    while (this.again) {
      this.again = false;
      await this.reload();
    }
    this.reloading = false;
  }

  private async reload(): Promise<void> {
    const numbers = this.pagesInView();
    try {
      const windows = await Promise.all(numbers.map((page) => this.ask(page)));
      this.rendering += 1;
      this.asked = new Set(numbers);
      this.take(new Map(), numbers, windows);
      // The view may have moved on meanwhile.
      this.show(this.view.first, this.view.last);
    } catch (thrown) {
      this.fault = toFault(thrown);
    }
  }

  private async add(page: number): Promise<void> {
    const rendering = this.rendering;
    this.asked.add(page);
    try {
      const window = await this.ask(page);
      if (rendering === this.rendering) this.take(this.pages, [page], [window]);
    } catch (thrown) {
      if (rendering !== this.rendering) return;
      this.asked.delete(page);
      this.fault = toFault(thrown);
    }
  }

  private ask(page: number): Promise<DiffWindow> {
    return this.backend.diffRows(this.agent, this.path, page * PAGE_ROWS, PAGE_ROWS);
  }

  private take(before: Pages, numbers: readonly number[], windows: readonly DiffWindow[]): void {
    const pages = new Map(before);
    for (const [index, { rows, ...head }] of windows.entries()) {
      pages.set(numbers[index] ?? 0, rows);
      this.widest = rows.reduce((widest, row) => Math.max(widest, width(row)), this.widest);
      this.head = head;
    }
    this.pages = pages;
    this.fault = null;
  }

  private pagesInView(): number[] {
    const from = Math.floor(this.view.first / PAGE_ROWS);
    const to = Math.floor(this.view.last / PAGE_ROWS);
    return Array.from({ length: to - from + 1 }, (_, n) => from + n);
  }
}

function width(row: DiffRow): number {
  if (row.type !== "pair") return 0;
  return Math.max(columns(row.left?.spans ?? []), columns(row.right?.spans ?? []));
}
