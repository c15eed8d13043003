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

/**
 * Returns the agents that fit the filter and hold every word of the search, the one that was begun, done or pushed last
 * first. What an agent does meanwhile moves no row: somebody may be about to click in it.
 */
export function select(agents: readonly Agent[], filter: Filter, search: string): Agent[] {
  const fits = filters.find((f) => f.id === filter)?.fits ?? (() => true);
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return agents
    .filter((agent) => fits(agent) && words.every((word) => text(agent).includes(word)))
    .sort((a, b) => settledAt(b) - settledAt(a) || (a.id < b.id ? 1 : -1));
}

function settledAt({ createdAt, startedAt, completedAt, pushedAt }: Agent): number {
  return Math.max(createdAt, startedAt ?? 0, completedAt ?? 0, pushedAt ?? 0);
}

function text(agent: Agent): string {
  const { name, githubRepo, sourceBranch, targetBranch, activity } = agent;
  return [name, githubRepo, sourceBranch, targetBranch, activity ?? ""].join("\n").toLowerCase();
}
