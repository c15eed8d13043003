/** Carries out a verb for an agent and says what came of it. */
import { toast } from "svelte-sonner";
import type { Agent, Fault } from "../bindings";
import { type Backend, toFault } from "../backend/backend";
import { sentence } from "./format";
import type { Verb } from "./verbs";

/** How long a deletion can be taken back. */
const UNDO_MS = 10_000;

/** Shows what was attempted, why it failed and what can be done. */
export function showFault(fault: Fault): void {
  const description = fault.hint ? sentence(fault.hint) : undefined;
  toast.error(sentence(fault.message), { description, duration: 12_000 });
}

/** Runs a request and shows its fault, if there is one; says whether it went well. */
export async function attempt(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (thrown) {
    showFault(toFault(thrown));
    return false;
  }
}

/** A push is not here: it is looked at first. */
export type Performed = Exclude<Verb, "push">;

export async function perform(backend: Backend, verb: Performed, agent: Agent): Promise<boolean> {
  if (verb !== "delete") return attempt(backend[verb](agent.id));
  const deleted = await attempt(backend.deleteAgent(agent.id));
  if (deleted) {
    toast(`Deleted “${agent.name}”`, {
      duration: UNDO_MS,
      action: { label: "Undo", onClick: () => void attempt(backend.restoreAgent(agent.id)) },
    });
  }
  return deleted;
}
