/** Queues words, and goes on with the instruction that they became. It needs no screen that shows the queue. */
import { type Backend, toFault } from "../backend/backend";
import { showFault } from "./perform";

/** Queues words; returns the instruction's id, or none where they were refused, which is said. */
async function queued(backend: Backend, agent: string, words: string): Promise<string | null> {
  try {
    return await backend.instruct(agent, words);
  } catch (thrown) {
    showFault(toFault(thrown));
    return null;
  }
}

/**
 * Lets the model hear words at its next request, and an agent that is held go on with them. Says whether they were
 * taken; those that cannot be sent now still wait in the queue.
 */
export async function tellNow(backend: Backend, agent: string, words: string): Promise<boolean> {
  const id = await queued(backend, agent, words);
  if (id === null) return false;
  await backend.sendNow(agent, id, false).catch((thrown: unknown) => {
    const fault = toFault(thrown);
    // What was taken by then is heard already.
    if (fault.code !== "instruction_taken") showFault(fault);
  });
  return true;
}

/** Queues words at a place among the others; `order` is asked for once they are there. */
export async function queueAt(
  backend: Backend,
  agent: string,
  words: string,
  place: number,
  order: () => readonly string[],
): Promise<void> {
  const id = await queued(backend, agent, words);
  if (id === null) return;
  const others = order().filter((other) => other !== id);
  await backend
    .reorderInstructions(agent, others.toSpliced(Math.min(place, others.length), 0, id))
    .catch((thrown: unknown) => showFault(toFault(thrown)));
}
