/** Which agents a list shows, and in which order. */
import type { Agent } from "../bindings";
import { isBusy, needsYou } from "./verbs";

export type Filter = "all" | "running" | "needsYou" | "completed";

export const filters: readonly { id: Filter; label: string; fits: (agent: Agent) => boolean }[] = [
  { id: "all", label: "All", fits: () => true },
  { id: "running", label: "Running", fits: isBusy },
  { id: "needsYou", label: "Needs you", fits: needsYou },
  { id: "completed", label: "Completed", fits: (agent) => agent.status === "COMPLETED" },
];

/** Counts the agents behind every filter in one pass. */
export function count(agents: readonly Agent[]): Record<Filter, number> {
  const counts: Record<Filter, number> = { all: 0, running: 0, needsYou: 0, completed: 0 };
  for (const agent of agents) {
    for (const filter of filters) if (filter.fits(agent)) counts[filter.id] += 1;
  }
  return counts;
}

/** Returns the agents that fit the filter and hold every word of the search, newest first. */
export function select(agents: readonly Agent[], filter: Filter, search: string): Agent[] {
  const fits = filters.find((f) => f.id === filter)?.fits ?? (() => true);
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return agents
    .filter((agent) => fits(agent) && words.every((word) => text(agent).includes(word)))
    .sort((a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? 1 : -1));
}

function text(agent: Agent): string {
  const { name, githubRepo, sourceBranch, targetBranch, activity } = agent;
  return [name, githubRepo, sourceBranch, targetBranch, activity ?? ""].join("\n").toLowerCase();
}
