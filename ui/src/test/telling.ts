/** The log of a recorded agent, which can be written on by hand. */
import type { Backend } from "../backend/backend";
import { fakeBackend } from "../backend/fake/fake";
import type { Agent, EventKind, Update } from "../bindings";

type Told = Extract<Update, { type: "events" }>;

export function telling(fake: Backend = fakeBackend("still")) {
  let last: Told | undefined;
  let heard: (update: Update) => void = () => {};
  const watch: Backend["watch"] = (id, after, hear, failed) => {
    heard = (update) => {
      if (update.type === "events") last = update;
      hear(update);
    };
    return fake.watch(id, after, heard, failed);
  };
  /** Adds events that happen at once, and what changes of the agent with them. */
  function tell(kinds: EventKind | EventKind[], more: Partial<Agent> = {}) {
    if (!last) throw new Error("nothing was heard yet");
    const first = last.agent.lastSeq + 1;
    const events = [kinds].flat().map((kind, at) => ({ seq: first + at, at: first + at, kind }));
    const agent = { ...last.agent, ...more, lastSeq: last.agent.lastSeq + events.length };
    heard({ type: "events", events, agent, live: true });
  }
  return { watch, tell };
}
