/** What lasts only while it happens: progress, and the words that the model is writing. */
import type { Event, Fault, Signal } from "../bindings";

export type LiveCall = { readonly index: number; readonly tool: string; readonly arguments: string };

export type CloneProgress = Extract<Signal, { type: "cloneProgress" }>;

export type Live = {
  readonly clone: CloneProgress | null;
  readonly filling: { done: number; total: number } | null;
  /** Whether a request is with the model. */
  readonly asking: boolean;
  readonly text: string;
  readonly reasoning: string;
  /** Tool calls whose arguments are being written, in the order of the answer. */
  readonly calls: readonly LiveCall[];
  /** How the work ended, where the log could not hold it. */
  readonly unwritten: Fault | null;
};

export const nothingLive: Live = {
  clone: null,
  filling: null,
  asking: false,
  text: "",
  reasoning: "",
  calls: [],
  unwritten: null,
};

/** Takes a signal into account. */
export function hear(live: Live, signal: Signal): Live {
  switch (signal.type) {
    case "cloneProgress":
      return { ...live, clone: signal };
    case "importProgress":
      return { ...live, filling: signal };
    case "modelRequested":
      return { ...live, asking: true, text: "", reasoning: "", calls: [] };
    case "textDelta":
      return { ...live, text: live.text + signal.text };
    case "reasoningDelta":
      return { ...live, reasoning: live.reasoning + signal.text };
    case "callDelta":
      return { ...live, calls: written(live.calls, signal) };
    case "unwritten":
      return { ...nothingLive, unwritten: signal.fault };
  }
}

/** Adds a piece to the arguments of its call. */
function written(calls: readonly LiveCall[], piece: LiveCall): LiveCall[] {
  const { index, tool } = piece;
  const before = calls.find((call) => call.index === index);
  const whole = { index, tool, arguments: (before?.arguments ?? "") + piece.arguments };
  return before ? calls.map((call) => (call === before ? whole : call)) : [...calls, whole];
}

/** Drops what a batch of the log has made history. */
export function settle(live: Live, events: readonly Event[]): Live {
  let next = live;
  for (const { kind } of events) {
    switch (kind.type) {
      case "cloneStarted":
      case "cloned":
      case "cloneCancelled":
        next = { ...next, clone: null };
        break;
      case "cellOpened":
        next = { ...next, filling: null };
        break;
      case "modelAnswered":
      case "modelRetried":
      case "modelInterrupted":
      case "questionAsked":
        next = { ...next, ...nothingSaid };
        break;
      case "paused":
      case "completed":
      case "failed":
        // What was still on its way when the run ended has no event of its own.
        next = nothingLive;
        break;
      default:
    }
  }
  return next;
}

const nothingSaid = { asking: false, text: "", reasoning: "", calls: [], unwritten: null };
