/** The agents that were left alone: at limits, waiting for providers, in circles, and in the middle of it. */
import type { EventKind, Fault, LimitKind, PauseReason } from "../../bindings";
import { born, played, type Recorded } from "./born";
import { mini, qwen } from "./models";
import { one, opening, plan, prepared, refactor, said } from "./recording";
import { longRun } from "./long";

const MINUTE = 60_000;

const quota: Fault = {
  code: "model_quota",
  message: "ask the model: the quota of this key is spent (429)",
  hint: "wait for its reset, or choose another model",
};
const refused: Fault = {
  code: "model_unauthorized",
  message: "ask the model: the provider refused the key (401)",
  hint: "enter the key again, or choose another model, then try again",
};
const overloaded: Fault = {
  code: "model_overloaded",
  message: "ask the model: the provider is overloaded (529), eight times in a row",
  hint: "nothing to do: it is asked again by itself",
};

const paused = (
  reason: PauseReason,
  more: Partial<Extract<EventKind, { type: "paused" }>> = {},
): EventKind => ({
  type: "paused",
  reason,
  limit: null,
  until: null,
  fault: null,
  ...more,
});

const neared = (limit: LimitKind, used: number, most: number): EventKind => ({
  type: "limitNeared",
  limit,
  used,
  most,
});

/** Makes the agents; the first of them has the id a11. */
export function nights(now: number): Recorded[] {
  const ids = ["a11", "a12", "a13", "a14", "a15", "a16"];
  const make = (id: string, name: string, task: string, repo: string, minutes: number, work: boolean) => {
    const run = born(id, name, task, repo, `agent/${id}`, now - minutes * MINUTE);
    return work ? played(run, [...opening, ...refactor(task, `${id}-task`)]) : run;
  };
  const next = (name: string, task: string, repo: string, minutes: number) =>
    make(ids.shift() ?? "a00", name, task, repo, minutes, true);

  const money = next("Tidy the build scripts", "Replace the shell scripts by one tool.", "octo/build", 240);
  played(money, [
    one(0, { type: "limitsChanged", limits: { ...money.agent.limits, money: 200_000 } }),
    one(5000, neared("MONEY", 162_000, 200_000), said("The last script calls the first one.")),
    one(4000, said("Two scripts are left."), plan(5), paused("LIMIT", { limit: "MONEY" })),
  ]);

  const spent = next("Rename the colour tokens", "Give tokens the names of the guide.", "octo/web", 95);
  played(spent, [one(2000, paused("QUOTA", { until: now + 12 * MINUTE, fault: quota }))]);

  const down = next("Type the event bus", "Give every event a type of its own.", "octo/gateway", 130);
  played(down, [one(2000, paused("PROVIDER", { until: now + 4 * MINUTE, fault: overloaded }))]);

  const circles = next("Mend the parser", "Make the parser accept trailing commas.", "octo/api", 180);
  played(circles, [
    one(2000, {
      type: "loopNoticed",
      pattern: "PING_PONG",
      times: 3,
      advice: "src/parse.ts goes back and forth between two states. Say what stands in the way, or ask.",
    }),
    one(3000, said("I will put the old branch back.")),
    one(900, { type: "loopNoticed", pattern: "PING_PONG", times: 6, advice: "" }, paused("LOOP")),
  ]);

  const live = next("Speed up the search", "Make the search answer within 50 ms.", "octo/api", 6);
  live.agent = { ...live.agent, fallback: mini, limits: { ...live.agent.limits, tokens: 200_000 } };
  played(live, [
    one(900, neared("TOKENS", 165_000, 200_000)),
    one(500, { type: "instructionQueued", id: "s1", text: "Also look at @src/entries.ts" }),
    one(500, { type: "instructionSentNow", id: "s1", interrupt: false }),
    one(500, { type: "instructionQueued", id: "s2", text: "Then write down what you measured." }),
  ]);

  const waits = next("Sort the changelog", "Sort the entries of every release.", "octo/cli", 75);
  played(waits, [
    one(100, paused("USER")),
    one(4000, { type: "resumed" }, { type: "slotAwaited", ahead: 3 }),
  ]);

  const day = make("a18", "Check the links", "Mend links that lead nowhere.", "octo/docs", 30, true);
  const midnight = new Date(now).setHours(24, 0, 0, 0);
  played(day, [one(100, paused("LIMIT", { limit: "DAY_MONEY", until: midnight }))]);

  const key = make("a19", "Name the log levels", "Use one set of names.", "octo/gateway", 55, true);
  played(key, [one(100, paused("PROVIDER", { fault: refused }))]);

  const local = make("a20", "Write the glossary", "List the terms of the handbook.", "octo/docs", 44, false);
  local.agent = { ...local.agent, model: qwen, limits: { tokens: null, turns: 200, seconds: null } };
  played(local, [
    ...opening,
    one(200, ...prepared(qwen, null, false), {
      type: "turnStarted",
      instruction: "a20-task",
      text: local.agent.task,
    }),
    one(4000, said("I will read the handbook.", null, null)),
    one(4000, { type: "completed", summary: "The glossary has 84 terms.", unverified: null }),
  ]);

  return [money, spent, down, circles, live, waits, longRun(now), day, key, local];
}
