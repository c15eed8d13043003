/** Moves a recorded agent along its log, as far as the screens can tell the difference. */
import type { Agent, Event, EventKind, Status } from "../../bindings";

const next: Partial<Record<EventKind["type"], Status>> = {
  startRequested: "IDLE",
  cloneStarted: "CLONING",
  cloned: "RUNNING",
  cloneCancelled: "IDLE",
  questionAsked: "PAUSED",
  questionAnswered: "RUNNING",
  paused: "PAUSED",
  resumed: "RUNNING",
  completed: "COMPLETED",
  failed: "ERROR",
  pushStarted: "PUSHING",
  pushCompleted: "COMPLETED",
  pushFailed: "COMPLETED",
};

const noError = { errorMessage: null, errorCode: null, errorHint: null };

function particulars(agent: Agent, { at, kind }: Event): Partial<Agent> {
  switch (kind.type) {
    case "startRequested":
      return { waiting: true, ...noError };
    case "slotAwaited":
      return { waiting: true };
    case "startCancelled":
      return { waiting: false };
    case "cloneStarted":
      return { waiting: false, activity: "cloning", startedAt: agent.startedAt ?? at };
    case "cloned":
      return { baseCommit: kind.baseCommit, baseTree: kind.baseTree };
    case "cloneCancelled":
      return { activity: null };
    case "cellOpened":
      return { containerId: kind.containerId };
    case "modelAnswered":
      return {
        requests: kind.request,
        usage: {
          inputTokens: agent.usage.inputTokens + kind.usage.inputTokens,
          cachedTokens: agent.usage.cachedTokens + kind.usage.cachedTokens,
          outputTokens: agent.usage.outputTokens + kind.usage.outputTokens,
        },
      };
    case "toolRequested":
      return { activity: kind.label };
    case "toolFinished":
      return { checkpoint: kind.checkpoint ?? agent.checkpoint, filesChanged: kind.filesChanged };
    case "questionAsked":
      return { pauseReason: "QUESTION", activity: kind.question };
    case "paused":
      return { pauseReason: kind.reason };
    case "limitsChanged":
      return { limits: kind.limits };
    case "resumed":
    case "pushStarted":
      return noError;
    case "completed":
      return { completedAt: at, activity: kind.summary };
    case "failed":
    case "pushFailed":
      return { errorMessage: kind.fault.message, errorCode: kind.fault.code, errorHint: kind.fault.hint };
    case "pushCompleted":
      return { pushedCommit: kind.commit, pushedAt: at };
    case "deleted":
      return { deletedAt: at };
    case "restored":
      return { deletedAt: null };
    default:
      return {};
  }
}

export function advance(agent: Agent, event: Event): Agent {
  const status = next[event.kind.type] ?? agent.status;
  const time: Partial<Agent> = {};
  if (status === "RUNNING") time.runningSince = agent.runningSince ?? event.at;
  else if (agent.runningSince !== null) {
    time.runningSince = null;
    time.ranMs = agent.ranMs + event.at - agent.runningSince;
  }
  const reason = status === "PAUSED" ? {} : { pauseReason: null };
  const moved = { ...agent, ...time, ...reason, status, lastSeq: event.seq, updatedAt: event.at };
  return { ...moved, ...particulars(agent, event) };
}
