/** Signals of the recording: what is not in its log. */
import type { Agent, Signal } from "../../bindings";

/** What passes at this moment of the recording. */
export function passing(agent: Agent): Signal[] {
  if (agent.status === "CLONING")
    return [{ type: "cloneProgress", received: 48_210, total: 112_904, kib: 21_344 }];
  if (agent.status !== "RUNNING") return [];
  return [
    { type: "modelRequested", request: agent.requests + 1 },
    { type: "textDelta", text: "Next the shim in legacy.js: nothing imports it any more, so it can go." },
  ];
}
