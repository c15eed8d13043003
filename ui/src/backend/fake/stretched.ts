/** The usual agents, where what others write is as long as anybody can make it: all of it must have its place. */
import type { Agent } from "../../bindings";
import { cast, type Recorded } from "./cast";

const question = `Which of these should stored dates be in?\n${"1. UTC, as the server's log has them.\n2. The time zone of whoever wrote the entry.\n".repeat(70)}`;
const refused = `push to agent/split-settings: the server refused it: ${"remote: error: a secret was found in src/settings.ts:12\n".repeat(40)}`;

const changed: Record<string, Partial<Agent>> = {
  a02: { activity: question },
  // Its last file has lines that are far wider than they have characters.
  a03: { filesChanged: 10 },
  a06: { errorMessage: refused },
  a08: { targetBranch: "agent/give-every-request-a-trace-id-and-log-it-everywh" },
};

export function stretched(now: number): Recorded[] {
  return cast(now).map((run) => ({ ...run, agent: { ...run.agent, ...changed[run.agent.id] } }));
}
