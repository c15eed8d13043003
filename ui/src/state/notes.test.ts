import { expect, test } from "vitest";
import type { Agent, Event, EventKind } from "../bindings";
import { born, cast } from "../backend/fake/cast";
import { contextText, costText, figures, tokensText } from "./figures";
import { left, money, percent, price, round, upcoming } from "./format";
import { circles, held, slotText } from "./held";
import { hear, nothingLive, settle } from "./live";
import { complete, mentionAt } from "./mention";
import { noteOf } from "./notes";
import { emptyLog, reduceAll } from "./reduce";
import { isNoticed, needsYou, recovery, verbs } from "./verbs";

const agent = (more: Partial<Agent>): Agent => ({
  ...born("a", "Fix dates", "task", "octo/api", "agent/dates", 0).agent,
  ...more,
});
const log = (...kinds: EventKind[]): Event[] => kinds.map((kind, n) => ({ seq: n + 1, at: 1000 + n, kind }));
const noon = new Date(2026, 10, 23, 12, 0).getTime();
const run = (id: string) => {
  const found = cast(noon).find((each) => each.agent.id === id);
  if (!found) throw new Error(`${id} is in the recording`);
  return { agent: found.agent, log: reduceAll(emptyLog, found.events) };
};

test("money, windows, shares and times to come are written short", () => {
  expect([0, 4_000, 420_000, 5_000_000, 1_234_500_000].map(money)).toEqual([
    "$0.00",
    "<$0.01",
    "$0.42",
    "$5.00",
    "$1,235",
  ]);
  expect([3_000_000, 50_000, 5_000].map(price)).toEqual(["$3.00", "$0.05", "$0.005"]);
  expect([800, 8192, 200_000, 1_048_576].map(round)).toEqual(["800", "8.2k", "200k", "1M"]);
  expect([percent(41_900, 100_000), percent(1, 0)]).toEqual(["41 %", "0 %"]);
  expect([0, 12_000, 719_000, 7_500_000].map(left)).toEqual(["now", "in 12 s", "in 12 min", "in 2 h 05 min"]);
  expect(upcoming(noon + 125 * 60_000, noon)).toBe("14:05");
  expect(upcoming(noon + 12 * 3_600_000, noon)).toBe("00:00 tomorrow");
  expect(upcoming(noon + 60 * 3_600_000, noon)).toBe("00:00 on Nov 26");
});

test("a price that is not known is never shown as nothing", () => {
  expect(costText({ cost: 420_000, unpriced: 0 })).toBe("$0.42");
  expect(costText({ cost: 420_000, unpriced: 2 })).toBe("at least $0.42");
  expect(costText({ cost: 0, unpriced: 2 })).toBe("price unknown");
});

test("figures say what is used of what, with the cached share, and which limit is near", () => {
  const usage = { inputTokens: 900_000, cachedTokens: 745_000, outputTokens: 20_000 };
  expect(tokensText(usage)).toBe("920k tokens, 82 % cached");
  const limits = { tokens: 1_000_000, turns: 10, seconds: null, money: 5_000_000 };
  const shown = figures(agent({ usage, limits, cost: 420_000, requests: 3 }), 61_000, new Set(["TURNS"]));
  expect(shown.map(({ text, near }) => [text, near])).toEqual([
    ["$0.42 of $5.00", false],
    ["920k of 1.00M", true],
    ["3 of 10", true],
    ["1 m 01 s", false],
  ]);
});

test("how full the conversation is shows only where it is known", () => {
  expect(contextText(agent({ contextTokens: 82_000, contextWindow: 200_000 }))).toBe("context 41 %");
  expect(contextText(agent({ contextTokens: 82_000, contextWindow: null }))).toBe(null);
  expect(contextText(agent({ contextTokens: 0, contextWindow: 200_000 }))).toBe(null);
});

test("what happens around the work is told in the log", () => {
  const texts = run("a17").log.rows.flatMap((row) => (row.type === "note" ? [row.text] : []));
  for (const text of [
    "Told the model about the repository",
    "Works with claude-sonnet-4-5",
    "Goes on with gpt-5-mini",
    "Plan: 3 of 7 steps done",
    "Old results of 14 calls were cut: 90.3k → 60.1k tokens",
    "The older part was summed up: 156k → 41.5k tokens",
    "Instruction sent at once",
    "Answer broken off for an instruction",
    "The same call gave the same result 3 times",
    "Near the money limit: $4.02 of $5.00",
    "Limits changed",
    "Model changed to claude-sonnet-4-5",
    "File rules changed",
    "Asked to wrap up",
  ])
    expect(texts).toContain(text);
});

test("a prompt names its guidance and what was kept back, and a fallback its reason", () => {
  const prompt = noteOf({
    type: "promptPrepared",
    blob: "h",
    guidance: ["AGENTS.md"],
    mapped: 2,
    excluded: 1,
  });
  expect(prompt).toMatchObject({
    blob: "h",
    detail: "guidance from AGENTS.md · 2 files mapped · 1 file kept back",
  });
  const fault = { code: "x", message: "ask the model: overloaded", hint: null };
  const model = { provider: "p", name: "m", baseUrl: "http://localhost:1" };
  const selected = {
    type: "modelSelected",
    model,
    window: null,
    outputLimit: null,
    priced: false,
    fault,
  } as const;
  expect(noteOf(selected)).toMatchObject({
    text: "Goes on with m",
    detail: "p at http://localhost:1 · window unknown · price unknown. Ask the model: overloaded.",
    warns: true,
  });
});

test("instructions that are sent now stand first, in the order in which they were sent", () => {
  const queued = (id: string): EventKind => ({ type: "instructionQueued", id, text: id });
  const sent = (id: string): EventKind => ({ type: "instructionSentNow", id, interrupt: false });
  const { queue } = reduceAll(emptyLog, log(queued("a"), queued("b"), queued("c"), sent("c"), sent("b")));
  expect(queue.map(({ id, now }) => [id, now])).toEqual([
    ["c", true],
    ["b", true],
    ["a", false],
  ]);
});

test("a limit that was near is not near any more once the limits are others", () => {
  const neared = { type: "limitNeared", limit: "MONEY", used: 4, most: 5 } as const;
  const changed = { type: "limitsChanged", limits: { tokens: null, turns: null, seconds: null } } as const;
  expect([...reduceAll(emptyLog, log(neared)).near]).toEqual(["MONEY"]);
  expect([...reduceAll(emptyLog, log(neared, changed)).near]).toEqual([]);
});

test("arguments are put together by their call, and pass with the answer", () => {
  const piece = (index: number, tool: string, args: string) =>
    ({ type: "callDelta", index, tool, arguments: args }) as const;
  const live = [piece(0, "read", '{"a'), piece(1, "edit", "{"), piece(0, "read", '"}')].reduce(hear, {
    ...nothingLive,
    asking: true,
  });
  expect(live.calls.map((call) => call.arguments)).toEqual(['{"a"}', "{"]);
  const broken = { type: "modelInterrupted", request: 1, text: "" } as const;
  expect(settle(live, log(broken))).toEqual(nothingLive);
});

test("what a request used that had no answer is told", () => {
  const usage = { inputTokens: 1000, cachedTokens: 0, outputTokens: 200 };
  const lost = { type: "answerLost", request: 1, usage, cost: null } as const;
  expect(noteOf(lost)?.text).toBe("No answer came of a request: 1.2k tokens");
});

test("each pause says what is to be done, the next step first", () => {
  const ways = (id: string) => held(run(id).agent, run(id).log, noon)?.ways;
  expect(["a11", "a12", "a13", "a18", "a19"].map(ways)).toEqual([
    ["raise", "wrapUp", "review"],
    ["tryNow", "changeModel"],
    ["tryNow", "changeModel"],
    ["settings", "resume", "wrapUp", "review"],
    ["changeModel", "tryNow"],
  ]);
  expect(held(run("a11").agent, run("a11").log, noon)?.message).toBe("Paused: the money limit was reached");
  const spent = held(run("a12").agent, run("a12").log, noon);
  expect([spent?.byItself, spent?.hint.startsWith("Wait for its reset")]).toEqual([
    "Goes on by itself at 12:12",
    true,
  ]);
  expect(held(run("a01").agent, run("a01").log, noon)).toBe(null);
  expect(circles(run("a14").log)).toBe("Two states came in turn 6 times");
  expect([slotText(3), slotText(0), slotText(null)]).toEqual([
    "Waits for a free slot, 3 ahead",
    "Waits for a free slot, next in line",
    "Waits for a free slot",
  ]);
});

test("whoever goes on by itself needs no one, and waits for a slot also after a pause", () => {
  expect(["a11", "a12", "a14", "a19"].map((id) => needsYou(run(id).agent))).toEqual([
    true,
    false,
    true,
    true,
  ]);
  const waits = run("a16");
  expect([waits.agent.status, waits.agent.waiting, waits.log.ahead]).toEqual(["RUNNING", true, 3]);
  expect([verbs(waits.agent), waits.agent.runningSince]).toEqual([["stop"], null]);
  expect([isNoticed(run("a12").agent), recovery(run("a12").agent)]).toEqual([true, "resume"]);
});

test("a mention begins at a word of its own and its path takes its place", () => {
  expect(mentionAt("see @src/a", 10)).toEqual({ from: 4, typed: "src/a" });
  expect(mentionAt("@", 1)).toEqual({ from: 0, typed: "" });
  expect([mentionAt("anna@example.com", 16), mentionAt("@a b", 4), mentionAt("a", 1)]).toEqual([
    null,
    null,
    null,
  ]);
  const done = complete("see @sr and go", { from: 4, typed: "sr" }, "src/a.ts");
  expect(done).toEqual({ text: "see @src/a.ts and go", caret: 14 });
  expect(complete("@n", { from: 0, typed: "n" }, "my notes.md").text).toBe('@"my notes.md" ');
});
