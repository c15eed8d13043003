/** What an agent has used beside what it may use, in words. */
import type { Agent, LimitKind, Usage } from "../bindings";
import { compact, elapsed, money, percent } from "./format";

export type Figure = {
  key: "money" | "tokens" | "turns" | "time";
  name: string;
  /** What is used, and of how much. */
  text: string;
  /** The used share of the limit, from 0 to 1; none without a limit. */
  share: number | null;
  near: boolean;
};

/** The share from which on a limit is said to be near. */
const NEAR = 0.8;

const kinds: Record<Figure["key"], readonly LimitKind[]> = {
  money: ["MONEY", "DAY_MONEY"],
  tokens: ["TOKENS", "DAY_TOKENS"],
  turns: ["TURNS", "DAY_TURNS"],
  time: ["TIME", "DAY_TIME"],
};

/** Writes what was spent; requests without a known price make it a lower bound. */
export function costText({ cost, unpriced }: Pick<Agent, "cost" | "unpriced">): string {
  if (unpriced === 0) return money(cost);
  return cost > 0 ? `at least ${money(cost)}` : "price unknown";
}

/** Writes tokens with the share that came out of the provider's cache, where there is one. */
export function tokensText({ inputTokens, cachedTokens, outputTokens }: Usage): string {
  const cached = cachedTokens > 0 ? `, ${percent(cachedTokens, inputTokens)} cached` : "";
  return `${compact(inputTokens + outputTokens)} tokens${cached}`;
}

/** Lists the figures; `ranMs` is how long the agent has run by now, and `neared` the limits it came near to. */
export function figures(agent: Agent, ranMs: number, neared: ReadonlySet<LimitKind>): Figure[] {
  const { limits, usage, requests, cost } = agent;
  const tokens = usage.inputTokens + usage.outputTokens;
  const figure = (
    key: Figure["key"],
    name: string,
    used: number,
    limit: number | null | undefined,
    write: (n: number) => string,
    text = write(used),
  ): Figure => ({
    key,
    name,
    text: limit == null ? text : `${text} of ${write(limit)}`,
    share: limit == null ? null : Math.min(1, used / limit),
    near: kinds[key].some((kind) => neared.has(kind)) || (limit != null && used >= limit * NEAR),
  });
  return [
    figure("money", "Money", cost, limits.money, money, costText(agent)),
    figure("tokens", "Tokens", tokens, limits.tokens, compact),
    figure("turns", "Requests", requests, limits.turns, String),
    figure("time", "Time", ranMs, limits.seconds === null ? null : limits.seconds * 1000, elapsed),
  ];
}

/** Says how full the conversation is; nothing where that is not known. */
export function contextText({ contextTokens, contextWindow }: Agent): string | null {
  if (contextWindow === null || contextWindow <= 0 || contextTokens === 0) return null;
  return `context ${percent(contextTokens, contextWindow)}`;
}
