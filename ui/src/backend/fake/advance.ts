/** Moves a recorded agent along its log, as far as the screens can tell the difference. */
import type { Agent, Event, EventKind, Fault, Status, Usage } from "../../bindings";

const next: Partial<Record<EventKind["type"], Status>> = {
  startRequested: "IDLE",
  cloneStarted: "CLONING",
  cloned: "RUNNING",
  cloneCancelled: "IDLE",
  questionAsked: "PAUSED",
  questionAnswered: "RUNNING",
  paused: "PAUSED",
  resumed: "RUNNING",
  wrapUpRequested: "RUNNING",
  completed: "COMPLETED",
  failed: "ERROR",
  turnStarted: "RUNNING",
  pushStarted: "PUSHING",
  pushCompleted: "COMPLETED",
  pushFailed: "COMPLETED",
};

const total = (usage: Usage) => usage.inputTokens + usage.outputTokens;

/** Adds a request to what an agent has used; one without a price makes the cost a lower bound. */
function spent(agent: Agent, used: Usage, cost: number | null): Partial<Agent> {
  const { usage } = agent;
  return {
    usage: {
      inputTokens: usage.inputTokens + used.inputTokens,
      cachedTokens: usage.cachedTokens + used.cachedTokens,
      outputTokens: usage.outputTokens + used.outputTokens,
    },
    ...(cost === null ? { unpriced: agent.unpriced + 1 } : { cost: agent.cost + cost }),
  };
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

const noError = { errorMessage: null, errorCode: null, errorHint: null, undelivered: null };

const failed = (fault: Fault) => ({
  errorMessage: fault.message,
  errorCode: fault.code,
  errorHint: fault.hint,
  undelivered: null,
});

const withPullRequest = (agent: Agent) => (agent.undelivered === "PULL_REQUEST" ? noError : {});

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
    case "slotTaken":
      return { waiting: false };
    case "modelSelected":
      return {
        onFallback: same(kind.model, agent.fallback) && !same(kind.model, agent.model),
        contextWindow: kind.window,
      };
    case "modelAnswered":
      return {
        requests: kind.request,
        contextTokens: total(kind.usage),
        ...spent(agent, kind.usage, kind.cost ?? null),
      };
    case "answerLost":
      return spent(agent, kind.usage, kind.cost);
    case "resultsShrunk":
      return { contextTokens: kind.tokensAfter };
    case "compacted":
      return { contextTokens: kind.tokensAfter, ...spent(agent, kind.usage, kind.cost) };
    case "planChanged":
      return {
        planTotal: kind.steps.length,
        planDone: kind.steps.filter((step) => step.status === "DONE").length,
      };
    case "toolRequested":
      return { activity: kind.label };
    case "toolFinished":
      return { checkpoint: kind.checkpoint ?? agent.checkpoint, filesChanged: kind.filesChanged };
    case "questionAsked":
      return { pauseReason: "QUESTION", activity: kind.question };
    case "paused":
      return {
        pauseReason: kind.reason,
        resumesAt: kind.until ?? null,
        ...(kind.fault ? failed(kind.fault) : {}),
      };
    case "modelChanged":
      return { model: kind.model, fallback: kind.fallback, onFallback: false, contextWindow: null };
    case "fileRulesChanged":
      return { files: kind.files };
    case "limitsChanged":
      return { limits: kind.limits };
    case "resumed":
    case "wrapUpRequested":
    case "pushStarted":
      return noError;
    case "completed":
      return { completedAt: at, activity: kind.summary };
    case "failed":
    case "pushFailed":
      return failed(kind.fault);
    case "pushCompleted":
      return { pushedCommit: kind.commit, pushedAt: at, ...withoutChecks(agent) };
    case "deliveryFailed":
      return kind.step === "FOLLOW_UP" || agent.status !== "COMPLETED"
        ? {}
        : { ...failed(kind.fault), undelivered: kind.step };
    case "deliveryChanged":
      return { delivery: kind.delivery };
    case "targetChanged":
      return {
        targetBranch: kind.branch,
        pushParent: agent.pushParent ?? agent.pushedCommit,
        ...withPullRequest(agent),
        ...{ pushedCommit: null, pullRequest: null, feedbackOpen: 0, checksOpen: 0 },
      };
    case "reapplied":
      return {
        pushParent: kind.onto,
        reappliedOnto: kind.onto,
        checkpoint: kind.checkpoint,
        filesChanged: kind.filesChanged,
      };
    case "pullRequestChanged":
      return { pullRequest: kind.pullRequest, ...withPullRequest(agent) };
    case "feedbackArrived":
      return {
        feedbackOpen: agent.feedbackOpen - (kind.over?.length ?? 0) + kind.items.length,
        checksOpen:
          agent.checksOpen -
          (kind.over?.length ?? 0) +
          kind.items.filter((item) => item.kind === "FAILED_CHECK").length,
      };
    case "feedbackTaken":
      return {
        feedbackOpen: Math.max(0, agent.feedbackOpen - kind.ids.length),
        checksOpen: Math.max(0, agent.checksOpen - kind.ids.filter(isCheck).length),
        followUps: kind.attempt ?? 0,
      };
    case "deleted":
      return { deletedAt: at };
    case "restored":
      return { deletedAt: null };
    default:
      return {};
  }
}

const isCheck = (id: string) => /^(?:check|status)\//.test(id);

/** The checks that failed were those of another commit. */
function withoutChecks({ feedbackOpen, checksOpen }: Agent): Partial<Agent> {
  return { feedbackOpen: Math.max(0, feedbackOpen - checksOpen), checksOpen: 0 };
}

export function advance(agent: Agent, event: Event): Agent {
  const status = next[event.kind.type] ?? agent.status;
  const reason = status === "PAUSED" ? {} : { pauseReason: null, resumesAt: null };
  const moved = { ...agent, ...reason, status, lastSeq: event.seq, updatedAt: event.at };
  return timed({ ...moved, ...particulars(agent, event) }, event.at);
}

/** Counts the time that an agent works; waiting for a slot is not work. */
function timed(agent: Agent, at: number): Agent {
  const works = agent.status === "RUNNING" && !agent.waiting;
  if (works) return { ...agent, runningSince: agent.runningSince ?? at };
  if (agent.runningSince === null) return agent;
  return { ...agent, runningSince: null, ranMs: agent.ranMs + at - agent.runningSince };
}
