/** Limits as a form holds them, what is wrong with them, and how far an agent is from its own. */
import type { Agent, LimitKind, Limits } from "../bindings";
import type { Problem } from "./draft";

export type LimitsDraft = { money: string; tokens: string; turns: string; minutes: string };

export const noLimitsDraft: LimitsDraft = { money: "", tokens: "", turns: "", minutes: "" };

/** Finds what is wrong with limits. */
export function checkLimits({ money, tokens, turns, minutes }: LimitsDraft): Problem | undefined {
  if (dollars(money) === undefined)
    return { message: "Money is an amount above zero.", hint: "Write dollars, such as 5 or 2.50." };
  if ([tokens, turns, minutes].every((text) => amount(text) !== undefined)) return undefined;
  return { message: "Limits are whole numbers above zero.", hint: "Leave a field empty for no limit." };
}

/** Asks for a limit of tokens where the price is not known, so that money alone limits nothing. */
export function checkPrice(draft: LimitsDraft, priced: boolean): Problem | undefined {
  if (priced || !dollars(draft.money) || amount(draft.tokens)) return undefined;
  return {
    message: "The price of this model is not known, so a money limit does not hold it.",
    hint: "Set a token limit as well.",
  };
}

/** Writes limits as a form shows them. */
export function limitsDraft({ money, tokens, turns, seconds }: Limits): LimitsDraft {
  const text = (limit: number | null | undefined) => (limit == null ? "" : limit.toLocaleString("en"));
  return {
    money: money == null ? "" : (money / 1_000_000).toFixed(2),
    tokens: text(tokens),
    turns: text(turns),
    minutes: seconds == null ? "" : text(Math.ceil(seconds / 60)),
  };
}

/** Reads limits that {@link checkLimits} finds nothing wrong with. */
export function toLimits({ money, tokens, turns, minutes }: LimitsDraft): Limits {
  const time = amount(minutes) ?? null;
  return {
    tokens: amount(tokens) ?? null,
    turns: amount(turns) ?? null,
    seconds: time === null ? null : time * 60,
    money: dollars(money) ?? null,
  };
}

const MOST = 0xffff_ffff;

/** Reads a limit: `null` for none, `undefined` where it is not a number above zero. */
export function amount(text: string): number | null | undefined {
  const digits = text.replace(/[\s,]/g, "");
  if (digits === "") return null;
  const value = Number(digits);
  return Number.isInteger(value) && value > 0 && value <= MOST ? value : undefined;
}

/** Reads an amount of dollars in millionths, in the same manner. */
export function dollars(text: string): number | null | undefined {
  const digits = text.replace(/[\s,$]/g, "");
  if (digits === "") return null;
  const micros = /^\d*\.?\d*$/.test(digits) ? Math.round(Number(digits) * 1_000_000) : Number.NaN;
  return micros > 0 && micros <= MOST ? micros : undefined;
}

const fieldOfKind: Partial<Record<LimitKind, keyof Limits>> = {
  TOKENS: "tokens",
  TURNS: "turns",
  TIME: "seconds",
  MONEY: "money",
};

/** What an agent has used of each of its limits, in the limit's unit. */
export function usedOf(agent: Agent): Record<keyof Limits, number> {
  const { usage, requests, ranMs, cost } = agent;
  return {
    tokens: usage.inputTokens + usage.outputTokens,
    turns: requests,
    seconds: Math.ceil(ranMs / 1000),
    money: cost,
  };
}

/**
 * The limits of an agent with the one that was reached doubled, and doubled again until there is room;
 * where none is named, each that is used up.
 */
export function raised(agent: Agent, reached: LimitKind | null): Limits {
  const used = usedOf(agent);
  const limits: Limits = { ...agent.limits };
  const field = reached && fieldOfKind[reached];
  for (const key of ["tokens", "turns", "seconds", "money"] as const) {
    const limit = limits[key];
    if (limit == null || limit <= 0) continue;
    let next = key === field ? limit * 2 : limit;
    while ((key === field || !reached) && next <= used[key] && next < MOST) next *= 2;
    limits[key] = Math.min(next, MOST);
  }
  return limits;
}
