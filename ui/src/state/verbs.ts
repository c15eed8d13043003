/** What can be done with an agent in which status; the engine refuses the rest. */
import type { Agent } from "../bindings";
import { isOpen } from "./delivery";

export type Verb = "start" | "cancelStart" | "stop" | "pause" | "resume" | "push" | "cancelPush" | "delete";

/** Whether there is something to push that was not pushed yet. */
export function hasUnpushed(agent: Agent): boolean {
  if (agent.filesChanged === 0) return false;
  if (agent.pushedAt === null || agent.status === "PAUSED") return true;
  return (agent.completedAt ?? 0) > agent.pushedAt;
}

/** The verbs that fit, the most likely first; one that is deleted can only be restored. */
export function verbs(agent: Agent): Verb[] {
  if (agent.deletedAt !== null) return [];
  switch (agent.status) {
    case "IDLE":
      return agent.waiting ? ["cancelStart", "delete"] : ["start", "delete"];
    case "CLONING":
      return ["stop"];
    case "RUNNING":
      return agent.waiting ? ["stop"] : ["pause", "stop"];
    case "PAUSED":
      return hasUnpushed(agent) ? ["resume", "push", "delete"] : ["resume", "delete"];
    case "COMPLETED":
      return hasUnpushed(agent) ? ["push", "delete"] : ["delete"];
    case "ERROR":
      // What was cloned can go on; what was not begins anew.
      return agent.baseTree ? ["resume", "start", "delete"] : ["start", "delete"];
    case "PUSHING":
      return ["cancelPush"];
  }
}

export function can(agent: Agent, verb: Verb): boolean {
  return verbs(agent).includes(verb);
}

/** The verb that answers an agent's error; it stands beside the message and nowhere else. */
export function recovery(agent: Agent): Verb | null {
  if (agent.errorMessage === null || agent.deletedAt !== null) return null;
  // What was done so far can be pushed as well, but it is not what the error asks for.
  if (agent.status === "PAUSED") return "resume";
  return (["push", "resume", "start"] as const).find((verb) => can(agent, verb)) ?? null;
}

/** Whether instructions are taken; they wait in the queue whatever the agent does. */
export function canInstruct(agent: Agent): boolean {
  return agent.deletedAt === null && (agent.status !== "IDLE" || agent.waiting);
}

/** Whether a person has to do something before the agent goes on. */
export function needsYou(agent: Agent): boolean {
  // What is wrong with one that is completed is its push.
  if (agent.status === "COMPLETED") return agent.errorMessage !== null || hasOpenFeedback(agent);
  return (agent.status === "PAUSED" && agent.resumesAt === null) || agent.status === "ERROR";
}

/** Whether something came back for its pull request that nobody has taken up, while that can be changed. */
export function hasOpenFeedback({ pullRequest, feedbackOpen }: Agent): boolean {
  return feedbackOpen > 0 && pullRequest !== null && isOpen(pullRequest.state);
}

/** Whether a notice above the files says what comes next, so that nothing else on the screen does. */
export function isNoticed({ status, pauseReason }: Agent): boolean {
  if (status !== "PAUSED" || pauseReason === null) return false;
  return ["LIMIT", "QUOTA", "PROVIDER", "LOOP", "INTERRUPTED"].includes(pauseReason);
}

/** Whether its model and its rules about files can be changed, which is while nothing works with them. */
export function canChange({ status, waiting, deletedAt }: Agent): boolean {
  return deletedAt === null && !waiting && ["IDLE", "PAUSED", "COMPLETED", "ERROR"].includes(status);
}

export function isBusy(agent: Agent): boolean {
  return agent.waiting || ["CLONING", "RUNNING", "PUSHING"].includes(agent.status);
}
