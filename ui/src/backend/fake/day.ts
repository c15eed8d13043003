/** What the recorded agents used today. */
import type { Agent, DayUsage, Limits } from "../../bindings";

export const noLimits: Limits = { tokens: null, turns: null, seconds: null, money: null };

export function dayOf(agents: readonly Agent[], now: number): DayUsage {
  const sum = (of: (agent: Agent) => number) => agents.reduce((total, agent) => total + of(agent), 0);
  return {
    since: new Date(now).setHours(0, 0, 0, 0),
    usage: {
      inputTokens: sum((agent) => agent.usage.inputTokens),
      cachedTokens: sum((agent) => agent.usage.cachedTokens),
      outputTokens: sum((agent) => agent.usage.outputTokens),
    },
    cost: sum((agent) => agent.cost),
    unpriced: sum((agent) => agent.unpriced),
    requests: sum((agent) => agent.requests),
    seconds: Math.round(sum((agent) => agent.ranMs) / 1000),
  };
}
