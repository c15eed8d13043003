/** Makes the rows of the activity panel out of events. */
import type { Event, Fault, ToolCall } from "../bindings";
import { plural, sentence } from "./format";
import { foldHandover } from "./handover";
import { noteOf } from "./notes";
import type { Draft, LogRow, Tone } from "./reduce";
import { pausedText } from "./words";

/** Adds what an event says to the rows, or changes the row that it belongs to. */
export function foldRows(draft: Draft, { seq, at, kind }: Event): void {
  const key = String(seq);
  if (foldHandover(draft, { seq, at, kind })) return;
  const note = noteOf(kind);
  if (note) return void draft.rows.push({ key, at, ...note });
  const milestone = (tone: Tone, text: string, detail: string | null = null) =>
    draft.rows.push({ key, at, type: "milestone", tone, text, detail });

  switch (kind.type) {
    case "startRequested":
      return void milestone("plain", "Started");
    case "slotAwaited":
      return void milestone("held", "Waiting for a free slot", `${kind.ahead} ahead`);
    case "slotTaken":
      return void milestone("plain", "Has its slot and goes on");
    case "startCancelled":
      return void milestone("held", "Start taken back");
    case "cloneStarted":
      return void milestone("plain", "Cloning");
    case "cloned": {
      milestone("plain", `Cloned ${plural(kind.files, "file")}`, kind.baseCommit.slice(0, 10));
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
    case "turnStarted": {
      const { instruction, text, shown = [] } = kind;
      return void draft.rows.push({ key, at, type: "turn", instruction, text, shown });
    }
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
      milestone(
        "held",
        pausedText(kind.reason, kind.limit),
        kind.fault ? sentence(kind.fault.message) : null,
      );
      return;
    case "resumed":
      return void milestone("plain", "Resumed");
    case "completed":
      return void milestone(
        "good",
        "Completed",
        [kind.summary, kind.unverified].filter(Boolean).join("\n\n"),
      );
    case "failed":
      return void draft.rows.push({ key, at, type: "failed", fault: kind.fault });
    case "pushStarted":
      return void milestone(
        "sent",
        `Pushing to ${kind.branch}${kind.unreviewed ? ", without a review" : ""}`,
        kind.commit.slice(0, 10),
      );
    case "pushCompleted":
      return void milestone(
        "good",
        kind.created ? `Pushed to the new branch ${kind.branch}` : `Pushed to ${kind.branch}`,
        kind.commit.slice(0, 10),
      );
    case "pushFailed":
      return void draft.rows.push({ key, at, type: "failed", fault: kind.fault });
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
    case "instructionSentNow":
    case "promptPrepared":
    case "modelSelected":
    case "modelInterrupted":
    case "answerLost":
    case "planChanged":
    case "resultsShrunk":
    case "compacted":
    case "loopNoticed":
    case "limitNeared":
    case "limitsChanged":
    case "modelChanged":
    case "fileRulesChanged":
    case "wrapUpRequested":
    case "deliveryChanged":
    case "deliveryFailed":
    case "targetChanged":
    case "reapplied":
    case "pullRequestChanged":
    case "feedbackArrived":
    case "feedbackTaken":
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
