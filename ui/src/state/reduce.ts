/**
 * Folds an agent's log into what the activity panel shows: the queue, the tool calls and the turns.
 *
 * The queue follows the same rules as the Rust fold. Nothing here reads a clock or talks to anyone,
 * so the same events always give the same log.
 */
import type { CellFact, Event, Fault, Instruction, LimitKind, PauseReason, ToolCall } from "../bindings";

/** What a milestone means, which decides its mark. */
export type Tone = "plain" | "good" | "held" | "bad" | "sent";

/** One row of the activity panel; `key` stays the same while the row changes. */
export type LogRow = { key: string; at: number } & (
  | { type: "turn"; instruction: string; text: string }
  | { type: "call"; call: ToolCall }
  | { type: "said"; text: string }
  | { type: "reasoned"; text: string }
  | { type: "retried"; attempt: number; fault: Fault; waitMs: number }
  | { type: "asked"; call: string; question: string; answer: string | null }
  | { type: "failed"; fault: Fault; attempted: "run" | "push" }
  | { type: "cell"; facts: readonly CellFact[]; readyMs: number }
  | { type: "milestone"; tone: Tone; text: string; detail: string | null }
);

export type Log = {
  readonly lastSeq: number;
  /** Instructions that wait, next first. */
  readonly queue: readonly Instruction[];
  readonly rows: readonly LogRow[];
  /** The id of the instruction that was taken last. */
  readonly turn: string | null;
  /** The number of the last event that edited a file, by its path. */
  readonly edits: ReadonlyMap<string, number>;
};

export const emptyLog: Log = { lastSeq: 0, queue: [], rows: [], turn: null, edits: new Map() };

type Draft = {
  lastSeq: number;
  queue: Instruction[];
  rows: LogRow[];
  turn: string | null;
  edits: Map<string, number>;
};

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
    foldRows(draft, event);
  }
  return draft;
}

function foldQueue(draft: Draft, { at, kind }: Event): void {
  switch (kind.type) {
    case "instructionQueued":
      draft.queue.push({ id: kind.id, text: kind.text, queuedAt: at });
      return;
    case "instructionEdited":
      draft.queue = draft.queue.map((i) => (i.id === kind.id ? { ...i, text: kind.text } : i));
      return;
    case "instructionRemoved":
      draft.queue = draft.queue.filter((i) => i.id !== kind.id);
      return;
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

function foldRows(draft: Draft, { seq, at, kind }: Event): void {
  const key = String(seq);
  const milestone = (tone: Tone, text: string, detail: string | null = null) =>
    draft.rows.push({ key, at, type: "milestone", tone, text, detail });

  switch (kind.type) {
    case "startRequested":
      return void milestone("plain", "Started");
    case "slotAwaited":
      return void milestone("plain", "Waiting for a free slot", `${kind.ahead} ahead`);
    case "startCancelled":
      return void milestone("held", "Start taken back");
    case "cloneStarted":
      return void milestone("plain", "Cloning");
    case "cloned": {
      milestone("plain", `Cloned ${kind.files.toLocaleString("en")} files`, kind.baseCommit.slice(0, 10));
      kind.notes.forEach((note, index) =>
        draft.rows.push({
          key: `${key}.${index}`,
          at,
          type: "milestone",
          tone: "plain",
          text: note,
          detail: null,
        }),
      );
      return;
    }
    case "cloneCancelled":
      return void milestone("held", "Clone cancelled");
    case "cellOpened":
      return void draft.rows.push({ key, at, type: "cell", facts: kind.facts, readyMs: kind.readyMs });
    case "turnStarted":
      return void draft.rows.push({ key, at, type: "turn", instruction: kind.instruction, text: kind.text });
    case "modelAnswered":
      if (kind.reasoning) draft.rows.push({ key: `${key}.r`, at, type: "reasoned", text: kind.reasoning });
      if (kind.text.trim()) draft.rows.push({ key, at, type: "said", text: kind.text });
      return;
    case "modelRetried":
      return void draft.rows.push({ key, at, type: "retried", ...pick(kind) });
    case "toolRequested": {
      const { call: id, tool, label, arguments: args } = kind;
      const call: ToolCall = { ...unfinished, id, tool, label, arguments: args, requestedAt: at };
      return void draft.rows.push({ key, at, type: "call", call });
    }
    case "toolFinished":
      for (const { path } of kind.edited) draft.edits.set(path, seq);
      return replaceLast(
        draft,
        "call",
        (row) => row.call.id === kind.call,
        (row) => {
          const { outcome, result, resultBlob, durationMs, edited, checkpoint } = kind;
          return {
            ...row,
            call: { ...row.call, outcome, result, resultBlob, durationMs, edited, checkpoint },
          };
        },
      );
    case "questionAsked":
      return void draft.rows.push({
        key,
        at,
        type: "asked",
        call: kind.call,
        question: kind.question,
        answer: null,
      });
    case "questionAnswered":
      return replaceLast(
        draft,
        "asked",
        (row) => row.call === kind.call,
        (row) => ({ ...row, answer: kind.text }),
      );
    case "paused":
      return void milestone("held", pausedText(kind.reason, kind.limit));
    case "limitsChanged":
      return void milestone("plain", "Limits changed");
    case "resumed":
      return void milestone("plain", "Resumed");
    case "completed":
      return void milestone(
        "good",
        "Completed",
        [kind.summary, kind.unverified].filter(Boolean).join("\n\n"),
      );
    case "failed":
      return void draft.rows.push({ key, at, type: "failed", fault: kind.fault, attempted: "run" });
    case "pushStarted":
      return void milestone("sent", `Pushing to ${kind.branch}`, kind.commit.slice(0, 10));
    case "pushCompleted":
      return void milestone(
        "good",
        kind.created ? `Pushed to the new branch ${kind.branch}` : `Pushed to ${kind.branch}`,
        kind.commit.slice(0, 10),
      );
    case "pushFailed":
      return void draft.rows.push({ key, at, type: "failed", fault: kind.fault, attempted: "push" });
    case "noted":
      return void milestone("plain", kind.message);
    case "deleted":
      return void milestone("held", "Deleted");
    case "restored":
      return void milestone("plain", "Restored");
    case "created":
      return void milestone("plain", "Created");
    case "instructionQueued":
    case "instructionEdited":
    case "instructionRemoved":
    case "instructionsReordered":
      return;
  }
}

const unfinished = {
  outcome: null,
  result: null,
  resultBlob: null,
  durationMs: null,
  edited: [],
  checkpoint: null,
};

function pick({ attempt, fault, waitMs }: { attempt: number; fault: Fault; waitMs: number }) {
  return { attempt, fault, waitMs };
}

/** Replaces the newest row of a type that fits; it is near the end, so looking back from there is cheap. */
function replaceLast<T extends LogRow["type"]>(
  draft: Draft,
  type: T,
  fits: (row: Extract<LogRow, { type: T }>) => boolean,
  change: (row: Extract<LogRow, { type: T }>) => LogRow,
): void {
  const index = draft.rows.findLastIndex(
    (row) => row.type === type && fits(row as Extract<LogRow, { type: T }>),
  );
  const row = draft.rows[index];
  if (row) draft.rows[index] = change(row as Extract<LogRow, { type: T }>);
}

const limitText: Record<LimitKind, string> = {
  TOKENS: "the token limit was reached",
  TURNS: "the request limit was reached",
  TIME: "the time limit was reached",
};

/** Says why an agent is held. */
export function pausedText(reason: PauseReason, limit: LimitKind | null = null): string {
  switch (reason) {
    case "USER":
      return "Paused";
    case "STOPPED":
      return "Stopped";
    case "QUESTION":
      return "Waiting for an answer";
    case "LIMIT":
      return limit ? `Paused: ${limitText[limit]}` : "Paused: a limit was reached";
    case "QUOTA":
      return "Paused: the provider's quota is spent";
    case "INTERRUPTED":
      return "Interrupted: the app closed while this ran";
  }
}
