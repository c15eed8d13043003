/** Repositories as the user writes them: their names in few characters, and which agents know them. */
import type { Agent } from "../bindings";

/** Returns `owner/name` for an address, and the last part for a path on this machine, without `.git`. */
export function repositoryName(repository: string): string {
  const whole = repository.trim();
  const address = /^(?:(?!file:)[a-z][a-z+.-]+:\/\/[^/]+\/|[^/@\s]+@[^/:\s]+:)(.+)$/i.exec(whole)?.[1];
  const local = /^(?:file:|[/\\~.]|[a-z]:[/\\])/i.test(whole);
  const parts = (address ?? whole.replace(/^file:/i, "")).split(/[/\\]/).filter(Boolean);
  const name = parts.slice(local ? -1 : -2).join("/");
  return name.replace(/(?<=.)\.git$/, "") || whole;
}

/** One spelling for the ways in which a repository can be written; GitHub's are written without their host. */
function spelled(repository: string): string {
  const whole = repository.trim().replace(/(?:\.git)?\/*$/, "");
  const github = /^(?:https?:\/\/(?:www\.)?github\.com\/|(?:ssh:\/\/)?git@github\.com[:/])(.+)$/i.exec(
    whole,
  )?.[1];
  const name = github ?? whole;
  return /^[\w.-]+\/[\w.-]+$/.test(name) ? name.toLowerCase() : name;
}

/** Finds an agent that has cloned this repository: the newest of this branch, else the newest of any. */
export function acquainted(agents: readonly Agent[], repository: string, branch: string): Agent | undefined {
  const same = spelled(repository);
  const known = agents
    .filter((agent) => agent.baseTree !== null && spelled(agent.githubRepo) === same)
    .toSorted((a, b) => b.createdAt - a.createdAt);
  return known.find((agent) => agent.sourceBranch === branch.trim()) ?? known[0];
}
