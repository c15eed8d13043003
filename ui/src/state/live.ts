/** What lasts only while it happens: progress, and the words that the model is writing. */
import type { Event, Fault, Signal } from "../bindings";

export type Live = {
  readonly clone: { received: number; total: number; kib: number } | null;
  readonly filling: { done: number; total: number } | null;
  /** Whether a request is with the model. */
  readonly asking: boolean;
  readonly text: string;
  readonly reasoning: string;
  /** How the work ended, where the log could not hold it. */
  readonly unwritten: Fault | null;
};

export const nothingLive: Live = {
  clone: null,
  filling: null,
  asking: false,
  text: "",
  reasoning: "",
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
      return { ...live, asking: true, text: "", reasoning: "" };
    case "textDelta":
      return { ...live, text: live.text + signal.text };
    case "reasoningDelta":
      return { ...live, reasoning: live.reasoning + signal.text };
    case "unwritten":
      return { ...nothingLive, unwritten: signal.fault };
  }
}

/** Drops what a batch of the log has made history. */
export function settle(live: Live, events: readonly Event[]): Live {
  let next = live;
  for (const { kind } of events) {
    switch (kind.type) {
      case "cloned":
      case "cloneCancelled":
        next = { ...next, clone: null };
        break;
      case "cellOpened":
        next = { ...next, filling: null };
        break;
      case "modelAnswered":
      case "modelRetried":
      case "paused":
      case "questionAsked":
      case "completed":
      case "failed":
        next = { ...next, asking: false, text: "", reasoning: "", unwritten: null };
        break;
      default:
    }
  }
  return next;
}
