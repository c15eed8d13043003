import { expect, test } from "vitest";
import type { DiffRow } from "../bindings";
import type { LineNote } from "./feedback";
import { locate } from "./locate";
import { place, rowAt, topOf } from "./threads";

const inserts = [
  { index: 2, height: 50 },
  { index: 5, height: 30 },
];

test("rows stand below what is shown between them", () => {
  expect([0, 2, 3, 5, 6].map((index) => topOf(index, 20, inserts))).toEqual([0, 40, 110, 150, 200]);
});

test("a place between rows belongs to the row above, and each row is found where it stands", () => {
  const rows = [0, 59, 60, 109, 110, 169, 170, 199, 200].map((y) => rowAt(y, 20, inserts));
  expect(rows).toEqual([0, 2, 2, 2, 3, 5, 5, 5, 6]);
  for (let index = 0; index < 12; index += 1) {
    expect(rowAt(topOf(index, 20, inserts), 20, inserts)).toBe(index);
    expect(rowAt(topOf(index, 20, []), 20, [])).toBe(index);
  }
});

const pair = (left: number | null, right: number | null): DiffRow => ({
  type: "pair",
  left: left === null ? null : { line: left, spans: [] },
  right: right === null ? null : { line: right, spans: [] },
  kind: left === null ? "ADDED" : right === null ? "REMOVED" : "CONTEXT",
});

/** Reads pages of three rows, and counts the readings. */
function pages(rows: DiffRow[]) {
  const read = { pages: 0 };
  const find = (line: number) =>
    locate(
      rows.length,
      3,
      async (page) => {
        read.pages += 1;
        return rows.slice(page * 3, page * 3 + 3);
      },
      line,
    );
  return { find, read };
}

test("a line is found among rows that hide some and remove others", async () => {
  const removed = Array.from({ length: 7 }, (_, n) => pair(n + 3, null));
  const rows = [
    pair(1, 1),
    pair(2, 2),
    ...removed,
    pair(10, 3),
    { type: "gap", hidden: 40 } as const,
    pair(51, 44),
  ];
  const { find } = pages(rows);
  expect(await Promise.all([1, 2, 3, 20, 44, 99].map(find))).toEqual([0, 1, 9, 11, 11, 11]);
});

test("a line of 300,000 is found by reading few pages", async () => {
  const rows = Array.from({ length: 300_000 }, (_, n) => pair(n + 1, n + 1));
  const { find, read } = pages(rows);
  expect(await find(250_001)).toBe(250_000);
  expect(read.pages).toBeLessThan(25);
});

test("nothing is found where no row has a new side", async () => {
  expect(await pages([pair(1, null), pair(2, null)]).find(1)).toBe(null);
  expect(await pages([]).find(1)).toBe(null);
});

test("what is said of lines is grouped by row, and a line that cannot be read stands apart", async () => {
  const note = (key: string, line: number): LineNote => ({
    key,
    item: key,
    line,
    author: "maya",
    text: "Why?",
    kind: "comment",
  });
  const rows = {
    locate: async (line: number) => {
      if (line === 9) throw new Error("gone");
      return line > 5 ? null : 4;
    },
  };
  const placed = await place(rows, [note("a", 4), note("b", 5), note("c", 7), note("d", 9)]);
  expect([...placed].map(([index, notes]) => [index, notes.map(({ key }) => key)])).toEqual([
    [4, ["a", "b"]],
  ]);
});
