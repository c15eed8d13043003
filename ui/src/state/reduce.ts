/**
 * Folds an agent's log into what the activity panel shows: the queue, the tool calls and the turns.
 *
 * The queue follows the same rules as the Rust fold. Nothing here reads a clock or talks to anyone,
 * so the same events always give the same log.
 */
import type {
  CellFact,
  Event,
  EventKind,
  Fault,
  Instruction,
  LimitKind,
  PlanStep,
  PullRequest,
  ToolCall,
} from "../bindings";
import { foldRows } from "./rows";

/** What a milestone means, which decides its mark. */
export type Tone = "plain" | "good" | "held" | "bad" | "sent";

/** One row of the activity panel; `key` stays the same while the row changes. */
export type LogRow = { key: string; at: number } & (
  | { type: "turn"; instruction: string; text: string; shown: readonly string[] }
  | { type: "call"; call: ToolCall }
  | { type: "said"; text: string }
  | { type: "reasoned"; text: string }
  | { type: "retried"; attempt: number; fault: Fault; waitMs: number }
  | { type: "asked"; call: string; question: string; answer: string | null }
  | { type: "failed"; fault: Fault }
  | { type: "cell"; facts: readonly CellFact[]; readyMs: number }
  | { type: "milestone"; tone: Tone; text: string; detail: string | null }
  | Note
);

/** What a note is about, which decides its mark. */
export type About =
  "prompt" | "model" | "plan" | "context" | "loop" | "limit" | "files" | "steering" | "delivery" | "feedback";

/** Something that happened around the work; `more`, or the text stored as `blob`, is shown on demand. */
export type Note = {
  type: "note";
  about: About;
  warns: boolean;
  text: string;
  detail: string | null;
  more: string | null;
  blob: string | null;
};

type Paused = Extract<EventKind, { type: "paused" }>;
type LoopNoticed = Extract<EventKind, { type: "loopNoticed" }>;

export type Log = {
  readonly lastSeq: number;
  /** Instructions that wait, next first. */
  readonly queue: readonly Instruction[];
  readonly rows: readonly LogRow[];
  /** The id of the instruction that was taken last. */
  readonly turn: string | null;
  /** The number of the last event that edited a file, by its path. */
  readonly edits: ReadonlyMap<string, number>;
  /** The steps of its plan, as it wrote them last. */
  readonly plan: readonly PlanStep[];
  /** Limits that it came near to since they were set. */
  readonly near: ReadonlySet<LimitKind>;
  /** The last pause, while it lasts. */
  readonly paused: Paused | null;
  /** How it went round in circles last, until it is told something. */
  readonly loop: LoopNoticed | null;
  /** Agents before it, while it waits for a slot. */
  readonly ahead: number | null;
  /** The pull request, as the log spoke of it last. */
  readonly pullRequest: PullRequest | null;
  /** The number of the last event that changed what came back for it. */
  readonly answered: number;
  /** The number of the last event that ended a push, well or not. */
  readonly pushEnded: number;
};

export const emptyLog: Log = {
  lastSeq: 0,
  queue: [],
  rows: [],
  turn: null,
  edits: new Map(),
  plan: [],
  near: new Set(),
  paused: null,
  loop: null,
  ahead: null,
  pullRequest: null,
  answered: 0,
  pushEnded: 0,
};

/** A log while a batch is folded into it. */
export type Draft = {
  -readonly [Key in keyof Omit<Log, "queue" | "rows" | "edits">]: Log[Key];
} & { queue: Instruction[]; rows: LogRow[]; edits: Map<string, number> };

/** Takes one event into account. */
export function reduce(log: Log, event: Event): Log {
  return reduceAll(log, [event]);
}

/** Takes a batch into account, copying the log once for the whole batch. */
export function reduceAll(log: Log, events: readonly Event[]): Log {
  const draft: Draft = { ...log, queue: [...log.queue], rows: [...log.rows], edits: new Map(log.edits) };
  for (const event of events) {
    // A watch that was opened again may repeat what is known.
    if (event.seq <= draft.lastSeq) continue;
    draft.lastSeq = event.seq;
    foldQueue(draft, event);
    foldState(draft, event.kind);
    foldRows(draft, event);
  }
  return draft;
}

function foldQueue(draft: Draft, { at, kind }: Event): void {
  switch (kind.type) {
    case "instructionQueued":
      draft.queue.push({ id: kind.id, text: kind.text, queuedAt: at, now: false });
      return;
    case "instructionEdited":
      draft.queue = draft.queue.map((i) => (i.id === kind.id ? { ...i, text: kind.text } : i));
      return;
    case "instructionRemoved":
      draft.queue = draft.queue.filter((i) => i.id !== kind.id);
      return;
    case "instructionSentNow": {
      const sent = draft.queue.find((i) => i.id === kind.id);
      if (!sent) return;
      const others = draft.queue.filter((i) => i !== sent);
      // Behind those that were sent before it.
      const place = others.findIndex((i) => !i.now);
      others.splice(place < 0 ? others.length : place, 0, { ...sent, now: true });
      draft.queue = others;
      return;
    }
    case "turnStarted":
      draft.queue = draft.queue.filter((i) => i.id !== kind.instruction);
      draft.turn = kind.instruction;
      return;
    case "instructionsReordered": {
      // Ids that are not named keep their order behind those that are; the sort is stable.
      const place = new Map(kind.ids.map((id, index) => [id, index]));
      const last = kind.ids.length;
      draft.queue.sort((a, b) => (place.get(a.id) ?? last) - (place.get(b.id) ?? last));
      return;
    }
    default:
  }
}

/** Follows what the log says of the agent and its record does not hold. */
function foldState(draft: Draft, kind: EventKind): void {
  switch (kind.type) {
    case "planChanged":
      draft.plan = kind.steps;
      return;
    case "limitNeared":
      draft.near = new Set([...draft.near, kind.limit]);
      return;
    case "limitsChanged":
      draft.near = new Set();
      return;
    case "paused":
      draft.paused = kind;
      return;
    case "resumed":
    case "wrapUpRequested":
    case "completed":
    case "failed":
    case "questionAnswered":
    case "pushStarted":
      draft.paused = null;
      draft.ahead = null;
      return;
    case "loopNoticed":
      draft.loop = kind;
      return;
    case "turnStarted":
      draft.loop = null;
      return;
    case "slotAwaited":
      draft.ahead = kind.ahead;
      return;
    case "slotTaken":
    case "startCancelled":
    case "cloneStarted":
      draft.ahead = null;
      return;
    default:
  }
}
