/** Signals of the recording: what is not in its log. */
import type { Agent, Signal } from "../../bindings";
import type { CloneProgress } from "../../state/live";

const newText = String.raw`export async function search(words: string): Promise<Entry[]> {\n  const found = index.get(words);\n`;

const receiving: CloneProgress = {
  type: "cloneProgress",
  phase: "RECEIVING",
  received: 48_210,
  total: 112_904,
  kib: 21_344,
  bytesPerSecond: 1_310_000,
  againInS: 0,
};

/** What passes at this moment of the recording, or of one in which the network is `broken`. */
export function passing(agent: Agent, broken: boolean): Signal[] {
  if (agent.status === "CLONING")
    return [broken ? { ...receiving, phase: "BROKEN", bytesPerSecond: 0, againInS: 8 } : receiving];
  if (agent.status !== "RUNNING" || agent.waiting) return [];
  const asked: Signal = { type: "modelRequested", request: agent.requests + 1 };
  if (agent.id !== "a15")
    return [
      asked,
      { type: "textDelta", text: "Next the shim in legacy.js: nothing imports it any more, so it can go." },
    ];
  return [
    asked,
    {
      type: "reasoningDelta",
      text: "The index is built anew for every query. Building it once and keeping it by the words is enough; the entries change only on save.",
    },
    { type: "textDelta", text: "The index can be kept between two searches." },
    { type: "callDelta", index: 0, tool: "read_file", arguments: '{"path":"src/entries.ts"}' },
    { type: "callDelta", index: 1, tool: "write_file", arguments: '{"path":"src/search.ts","content":"' },
    { type: "callDelta", index: 1, tool: "write_file", arguments: newText },
  ];
}
