import { expect, test } from "vitest";
import type { Backend } from "../backend/backend";
import type { DiffRow, DiffWindow } from "../bindings";
import { Diff } from "./diff.svelte";

const change = {
  path: "a",
  oldPath: null,
  kind: "MODIFIED",
  added: 0,
  removed: 0,
  binary: false,
  oldMode: 1,
  newMode: 1,
} as const;
const row = (index: number): DiffRow => ({ type: "gap", hidden: index });

const lines = (...texts: string[][]): DiffRow[] =>
  texts.map((spans, line) => ({
    type: "pair",
    left: null,
    right: { line, spans: spans.map((text) => ({ text, scope: "plain", changed: false })) },
    kind: "ADDED",
  }));

function recording(total: number): { asked: number[]; backend: Backend } {
  const asked: number[] = [];
  const diffRows = async (_id: string, _path: string, from: number, count: number): Promise<DiffWindow> => {
    asked.push(from);
    const rows = Array.from({ length: Math.min(count, total - from) }, (_, n) => row(from + n));
    const rest = { truncated: false, notices: [], oldMissingNewline: false, newMissingNewline: false };
    return { change, language: "Plain Text", fromRow: from, totalRows: total, rows, ...rest };
  };
  return { asked, backend: { diffRows } as unknown as Backend };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("only the pages in view are fetched, each once", async () => {
  const { asked, backend } = recording(300_000);
  const diff = new Diff(backend, "agent", "a");
  await settled();
  diff.show(150_190, 150_210);
  diff.show(150_195, 150_215);
  await settled();
  expect(asked).toEqual([0, 150_000, 150_200]);
  expect(diff.total).toBe(300_000);
  expect([diff.row(150_199), diff.row(150_200), diff.row(9000)]).toEqual([
    row(150_199),
    row(150_200),
    undefined,
  ]);
});

test("a changed file is asked for again where it is in view, and its rows stay until then", async () => {
  const { asked, backend } = recording(500);
  const diff = new Diff(backend, "agent", "a");
  await settled();
  diff.show(210, 230);
  await settled();
  const answers: (() => void)[] = [];
  const quick = backend.diffRows;
  backend.diffRows = async (...args) => {
    await new Promise<void>((resolve) => answers.push(resolve));
    const window = await quick(...args);
    return { ...window, rows: window.rows.map(() => row(-1)) };
  };
  void diff.refresh();
  await settled();
  expect([asked, diff.row(210), diff.total]).toEqual([[0, 200], row(210), 500]);
  answers.forEach((answer) => answer());
  await settled();
  expect([asked, diff.row(210), diff.total]).toEqual([[0, 200, 200], row(-1), 500]);
});

test("changes during a reload are asked for once more, and no answer is dropped for them", async () => {
  const { backend } = recording(10);
  const diff = new Diff(backend, "agent", "a");
  await settled();
  const answers: (() => void)[] = [];
  const quick = backend.diffRows;
  backend.diffRows = async (...args) => {
    const number = answers.length;
    await new Promise<void>((resolve) => answers.push(resolve));
    const window = await quick(...args);
    return { ...window, rows: [row(100 + number)] };
  };
  for (let n = 0; n < 5; n += 1) void diff.refresh();
  answers[0]?.();
  await settled();
  expect([diff.row(0), answers.length]).toEqual([row(100), 2]);
  answers[1]?.();
  await settled();
  expect([diff.row(0), answers.length]).toEqual([row(101), 2]);
});

test("a fault is kept until an answer comes, and takes no rows away", async () => {
  const fault = { code: "x", message: "read the differences", hint: null };
  const { backend } = recording(10);
  const good = backend.diffRows;
  const bad = () => Promise.reject(fault);
  backend.diffRows = bad;
  const diff = new Diff(backend, "agent", "a");
  await settled();
  expect([diff.fault, diff.settled]).toEqual([fault, true]);
  backend.diffRows = good;
  await diff.refresh();
  expect([diff.fault, diff.total]).toEqual([null, 10]);
  backend.diffRows = bad;
  await diff.refresh();
  expect([diff.fault, diff.row(3)]).toEqual([fault, row(3)]);
});

test("a line is as long as it is drawn: tabs reach to their stops, wide characters take two columns", async () => {
  const widest = async (...spans: string[]) => {
    const { backend } = recording(1);
    const good = backend.diffRows;
    backend.diffRows = async (...args) => ({ ...(await good(...args)), rows: lines(spans, ["x"]) });
    const diff = new Diff(backend, "agent", "a");
    await settled();
    return diff.widest;
  };
  expect([
    await widest("return ok;", "\t".repeat(300), "steal(token)"),
    await widest("\ta", "b"),
    await widest("ab", "\tc"),
    await widest("漢".repeat(60)),
    await widest("🦀é"),
  ]).toEqual([1220, 6, 5, 120, 3]);
});

test("what was measured of a line only grows", async () => {
  const diff = new Diff(recording(1).backend, "agent", "a");
  diff.measured(90);
  diff.measured(40);
  expect(diff.drawn).toBe(90);
  await settled();
});
