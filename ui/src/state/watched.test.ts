import { expect, test, vi } from "vitest";
import type { Backend } from "../backend/backend";
import { born } from "../backend/fake/cast";
import type { Fault, Update } from "../bindings";
import { Watched } from "./watched.svelte";

const { agent } = born("a", "Fix dates", "task", "octo/api", "agent/dates", 0);

function events(first: number, last: number, live = true): Update {
  const batch = [];
  for (let seq = first; seq <= last; seq += 1) {
    batch.push({ seq, at: seq, kind: { type: "instructionQueued", id: `q${seq}`, text: "do" } as const });
  }
  return { type: "events", events: batch, agent: { ...agent, lastSeq: last }, live };
}

function watching() {
  const opened: number[] = [];
  let tell: (update: Update) => void = () => {};
  let fail: (fault: Fault) => void = () => {};
  const watch: Backend["watch"] = (_id, afterSeq, heard, failed) => {
    opened.push(afterSeq);
    tell = heard;
    fail = failed;
    return () => (tell = () => {});
  };
  const watched = new Watched({ watch } as Backend, "a");
  watched.open();
  return { watched, opened, tell: (update: Update) => tell(update), fail: (fault: Fault) => fail(fault) };
}

test("updates within a frame become one", async () => {
  const { watched, tell } = watching();
  tell(events(1, 2));
  tell({ type: "signal", signal: { type: "modelRequested", request: 1 } });
  tell({ type: "signal", signal: { type: "textDelta", text: "Hi" } });
  tell(events(3, 4));
  expect(watched.log.lastSeq).toBe(0);
  await vi.waitFor(() => expect(watched.log.lastSeq).toBe(4));
  expect([watched.agent?.lastSeq, watched.live.text]).toEqual([4, "Hi"]);
});

test("a watch that failed goes on after the last event that is known", async () => {
  const { watched, opened, tell, fail } = watching();
  tell(events(1, 3));
  await vi.waitFor(() => expect(watched.log.lastSeq).toBe(3));
  fail({ code: "x", message: "listen", hint: null });
  expect(watched.fault?.code).toBe("x");
  watched.open();
  expect([opened, watched.fault]).toEqual([[0, 3], null]);
});

test("a long log in batches is folded whole and in order", async () => {
  const { watched, tell } = watching();
  for (let first = 1; first <= 100_000; first += 500) tell(events(first, first + 499, false));
  await vi.waitFor(() => expect(watched.log.queue.length).toBe(100_000));
  expect([watched.log.queue.at(0)?.id, watched.log.queue.at(-1)?.id]).toEqual(["q1", "q100000"]);
});
