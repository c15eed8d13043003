/** How far a clone is, in words. */
import type { ClonePhase } from "../bindings";
import { rate, size } from "./format";
import type { CloneProgress } from "./live";

const phaseWords: Record<ClonePhase, string> = {
  WAITING: "Waiting for another agent that fetches the same repository",
  CONNECTING: "Asking the server for its branches",
  COUNTING: "The server counts what to send",
  RECEIVING: "Receiving objects",
  RESOLVING: "Resolving deltas",
  BROKEN: "The connection broke",
};

/** Says what is going on, and what is waited for. */
export function phaseText(clone: CloneProgress | null): string {
  if (clone === null) return "Connecting";
  if (clone.phase !== "BROKEN") return phaseWords[clone.phase];
  return `${phaseWords.BROKEN}; again ${clone.againInS > 0 ? `in ${clone.againInS} s` : "now"}`;
}

/** Lists what has come so far, as in `48,210 of 112,904 objects, 20.8 MiB`; nothing before that. */
export function receivedText(clone: CloneProgress | null): string {
  if (clone === null || (clone.received === 0 && clone.kib === 0)) return "";
  const { received, total, kib } = clone;
  const number = (n: number) => n.toLocaleString("en");
  return `${number(received)} of ${total > 0 ? number(total) : "?"} objects, ${size(kib)}`;
}

/** Says how fast it comes in, while it does. */
export function rateText(clone: CloneProgress | null): string {
  return clone?.phase === "RECEIVING" ? rate(clone.bytesPerSecond) : "";
}
