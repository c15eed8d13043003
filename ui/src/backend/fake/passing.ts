/** Signals of the recording: what is not in its log. */
import type { Agent, Signal } from "../../bindings";

const newText = String.raw`export async function search(words: string): Promise<Entry[]> {\n  const found = index.get(words);\n`;

/** What passes at this moment of the recording. */
export function passing(agent: Agent): Signal[] {
  if (agent.status === "CLONING")
    return [{ type: "cloneProgress", received: 48_210, total: 112_904, kib: 21_344 }];
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
