/** The engine's names for reasons, limits and patterns, in words for people. */
import type { Effort, LimitKind, LoopPattern, ModelChoice, PauseReason, Wire } from "../bindings";
import { compact, duration, money } from "./format";

/** A limit, as the middle of a sentence. */
export const limitName: Record<LimitKind, string> = {
  TOKENS: "token limit",
  TURNS: "request limit",
  TIME: "time limit",
  MONEY: "money limit",
  DAY_TOKENS: "day's token limit",
  DAY_TURNS: "day's request limit",
  DAY_TIME: "day's time limit",
  DAY_MONEY: "day's money limit",
};

export const isDayLimit = (limit: LimitKind | null): boolean => limit?.startsWith("DAY_") ?? false;

/** Writes an amount in a limit's unit: tokens, requests, seconds or millionths of a dollar. */
export function amountOf(limit: LimitKind, amount: number): string {
  switch (limit) {
    case "TOKENS":
    case "DAY_TOKENS":
      return compact(amount);
    case "TURNS":
    case "DAY_TURNS":
      return amount.toLocaleString("en");
    case "TIME":
    case "DAY_TIME":
      return duration(amount * 1000);
    case "MONEY":
    case "DAY_MONEY":
      return money(amount);
  }
}

/** Says why an agent is held. */
export function pausedText(reason: PauseReason, limit: LimitKind | null = null): string {
  switch (reason) {
    case "USER":
      return "Paused";
    case "STOPPED":
      return "Stopped";
    case "QUESTION":
      return "Waiting for an answer";
    case "LIMIT":
      return limit ? `Paused: the ${limitName[limit]} was reached` : "Paused: a limit was reached";
    case "QUOTA":
      return "Paused: the provider's quota is spent";
    case "INTERRUPTED":
      return "Interrupted: the app closed while this ran";
    case "PROVIDER":
      return "Paused: the provider fails";
    case "LOOP":
      return "Paused: it goes round in circles";
  }
}

/** Says what repeats. */
export function loopText(pattern: LoopPattern, times: number): string {
  switch (pattern) {
    case "IDENTICAL":
      return `The same call gave the same result ${times} times`;
    case "PING_PONG":
      return `Two states came in turn ${times} times`;
    case "NO_PROGRESS":
      return `${times} answers neither changed a file nor read anything new`;
  }
}

export const wireName: Record<Wire, string> = {
  CHAT: "Chat Completions",
  RESPONSES: "Responses",
  MESSAGES: "Messages",
  GEMINI: "generateContent",
};

export const effortName: Record<Effort, string> = {
  LOW: "Low",
  MEDIUM: "Medium",
  HIGH: "High",
};

/** Says who has a model: its provider, and where that is of the user's own. */
export function modelPlace({ provider, baseUrl }: ModelChoice): string {
  return baseUrl ? `${provider} at ${baseUrl}` : provider;
}

/** Names a model, with its server where it is not the provider's own. */
export function modelName({ provider, name, baseUrl }: ModelChoice): string {
  return baseUrl ? `${provider}/${name} at ${baseUrl}` : `${provider}/${name}`;
}
