/** A recorded agent, and how its log grows. */
import type { Agent, Event, EventKind } from "../../bindings";
import { usualDelivery } from "../../state/delivery";
import { advance } from "./advance";
import { sonnet } from "./models";
import type { Step } from "./recording";
import { usuallyExcluded } from "./repository";

export type Recorded = { agent: Agent; events: Event[]; upcoming: Step[] };

/** Makes the agent whose log holds its creation alone. */
export function born(
  id: string,
  name: string,
  task: string,
  repo: string,
  target: string,
  at: number,
): Recorded {
  const agent: Agent = {
    id,
    name,
    task,
    githubRepo: repo,
    sourceBranch: "main",
    targetBranch: target,
    historyDepth: null,
    containerId: null,
    agentPort: null,
    status: "IDLE",
    pauseReason: null,
    resumesAt: null,
    waiting: false,
    errorMessage: null,
    errorCode: null,
    errorHint: null,
    undelivered: null,
    userId: "local",
    model: sonnet,
    fallback: null,
    onFallback: false,
    limits: { tokens: 2_000_000, turns: 200, seconds: 3600, money: 5_000_000 },
    files: { excluded: [...usuallyExcluded], only: [], protected: [] },
    usage: { inputTokens: 0, cachedTokens: 0, outputTokens: 0 },
    cost: 0,
    unpriced: 0,
    contextTokens: 0,
    contextWindow: null,
    planDone: 0,
    planTotal: 0,
    requests: 0,
    activity: null,
    baseCommit: null,
    baseTree: null,
    checkpoint: null,
    reappliedOnto: null,
    filesChanged: 0,
    pushedCommit: null,
    delivery: usualDelivery,
    pullRequest: null,
    feedbackOpen: 0,
    checksOpen: 0,
    followUps: 0,
    pushParent: null,
    ranMs: 0,
    runningSince: null,
    lastSeq: 1,
    startedAt: null,
    completedAt: null,
    pushedAt: null,
    deletedAt: null,
    createdAt: at,
    updatedAt: at,
  };
  const created: EventKind = { type: "created", task, instruction: `${id}-task` };
  return { agent, events: [{ seq: 1, at, kind: created }], upcoming: [] };
}

/** Adds an event to a log and moves its agent along. */
export function record(run: Recorded, at: number, kind: EventKind): Event {
  const event = { seq: run.agent.lastSeq + 1, at, kind };
  run.events.push(event);
  run.agent = advance(run.agent, event);
  return event;
}

/** Plays steps into a log, one after the other. */
export function played(run: Recorded, steps: Step[]): Recorded {
  let at = run.agent.updatedAt;
  for (const step of steps) {
    at += step.afterMs;
    for (const kind of step.kinds) record(run, at, kind);
  }
  return run;
}
