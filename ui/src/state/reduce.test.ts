import { expect, test } from "vitest";
import type { Event, EventKind } from "../bindings";
import { emptyLog, type Log, type LogRow, reduce, reduceAll } from "./reduce";

function log(...kinds: EventKind[]): Event[] {
  return kinds.map((kind, index) => ({ seq: index + 1, at: 1000 + index, kind }));
}

const queued = (id: string): EventKind => ({ type: "instructionQueued", id, text: `do ${id}` });
const taken = (id: string): EventKind => ({ type: "turnStarted", instruction: id, text: `do ${id}` });
const requested = (call: string): EventKind => ({
  type: "toolRequested",
  call,
  tool: "read_file",
  label: "read a",
  arguments: "{}",
});
const finished = (call: string): EventKind => ({
  type: "toolFinished",
  call,
  outcome: "REFUSED",
  result: "no such file",
  resultBlob: null,
  durationMs: 4,
  edited: [],
  checkpoint: null,
  filesChanged: 0,
});

function waiting(events: Event[]): string[] {
  return reduceAll(emptyLog, events).queue.map((instruction) => instruction.id);
}

test("instructions wait in the order in which they were queued", () => {
  expect(waiting(log(queued("a"), queued("b")))).toEqual(["a", "b"]);
});

test("a turn takes its instruction out of the queue", () => {
  expect(waiting(log(queued("a"), queued("b"), taken("a")))).toEqual(["b"]);
});

test("a removed instruction does not wait any more", () => {
  expect(waiting(log(queued("a"), queued("b"), { type: "instructionRemoved", id: "a" }))).toEqual(["b"]);
});

test("an edited instruction keeps its place and the time it was queued", () => {
  const { queue } = reduceAll(
    emptyLog,
    log(queued("a"), queued("b"), { type: "instructionEdited", id: "a", text: "other" }),
  );
  expect(queue).toEqual([
    { id: "a", text: "other", queuedAt: 1000, now: false },
    { id: "b", text: "do b", queuedAt: 1001, now: false },
  ]);
});

test("ids that a new order does not name keep their order behind those it does", () => {
  const order: EventKind = { type: "instructionsReordered", ids: ["d", "b"] };
  expect(waiting(log(queued("a"), queued("b"), queued("c"), queued("d"), order))).toEqual([
    "d",
    "b",
    "a",
    "c",
  ]);
});

test("a finished call replaces the row of its request", () => {
  const { rows } = reduceAll(emptyLog, log(requested("1"), requested("2"), finished("1")));
  const outcomes = rows.map((row) => row.type === "call" && [row.call.id, row.call.outcome, row.call.result]);
  expect(outcomes).toEqual([
    ["1", "REFUSED", "no such file"],
    ["2", null, null],
  ]);
});

test("a call id that a model uses again belongs to the newest request", () => {
  const { rows } = reduceAll(emptyLog, log(requested("1"), finished("1"), requested("1"), finished("1")));
  expect(rows.map((row) => row.type === "call" && row.call.outcome)).toEqual(["REFUSED", "REFUSED"]);
});

test("an answer stands with its question", () => {
  const { rows } = reduceAll(
    emptyLog,
    log(
      { type: "questionAsked", call: "1", question: "Which?" },
      { type: "questionAnswered", call: "1", text: "That." },
    ),
  );
  expect(rows).toEqual<LogRow[]>([
    { key: "1", at: 1000, type: "asked", call: "1", question: "Which?", answer: "That." },
  ]);
});

test("an answer of the model without text leaves no row", () => {
  const usage = { inputTokens: 1, cachedTokens: 0, outputTokens: 1 };
  const answered: EventKind = {
    type: "modelAnswered",
    request: 1,
    text: "\n",
    reasoning: null,
    replay: null,
    usage,
    durationMs: 1,
  };
  expect(reduceAll(emptyLog, log(answered)).rows).toEqual([]);
});

test("events that are known already change nothing", () => {
  const events = log(queued("a"), requested("1"));
  const once = reduceAll(emptyLog, events);
  expect(reduceAll(once, events)).toEqual(once);
});

test("a batch folds to the same log as its events one by one", () => {
  const events = log(queued("a"), queued("b"), taken("b"), requested("1"), finished("1"), {
    type: "resumed",
  });
  expect(reduceAll(emptyLog, events)).toEqual(events.reduce<Log>(reduce, emptyLog));
});

test("folding leaves the log before it as it was", () => {
  const before = reduceAll(emptyLog, log(queued("a"), requested("1")));
  const copy = structuredClone(before);
  reduce(before, { seq: 3, at: 5, kind: finished("1") });
  expect(before).toEqual(copy);
});

test("keys are unique, so that rows keep their place on screen", () => {
  const cloned: EventKind = {
    type: "cloned",
    baseCommit: "c",
    baseTree: "t",
    files: 1,
    kib: 1,
    notes: ["one", "two"],
  };
  const keys = reduceAll(emptyLog, log(cloned, requested("1"))).rows.map((row) => row.key);
  expect(new Set(keys).size).toBe(keys.length);
});

test("one file that was cloned is one file", () => {
  const cloned = { type: "cloned", baseCommit: "7c1f0d2ab94e", baseTree: "e2", kib: 1 } as const;
  const texts = [1, 1284].map(
    (files) =>
      (reduce(emptyLog, { seq: 1, at: 1, kind: { ...cloned, files, notes: [] } }).rows[0] as { text: string })
        .text,
  );
  expect(texts).toEqual(["Cloned 1 file", "Cloned 1,284 files"]);
});
