/** An agent's push dialog, opened over the recording, with a log that can be written on by hand. */
import { fireEvent, screen } from "@testing-library/svelte";
import { toast } from "svelte-sonner";
import type { Backend } from "../backend/backend";
import { fakeBackend } from "../backend/fake/fake";
import { recordedPlan } from "../backend/fake/plans";
import type { Agent, EventKind, Fault, PushPlan, Update } from "../bindings";
import AgentScreen from "../screens/agent/AgentScreen.svelte";
import { show } from "./render";

export type Call = [string, ...unknown[]];
const delivering = ["push", "cancelPush", "setTargetBranch", "setDelivery"] as const;

/** Opens the dialog of an agent; what it asks for is noted, and its log can be written on by hand. */
export async function opened(id: string, replaced: Partial<Backend> = {}, change = (plan: PushPlan) => plan) {
  const fake = fakeBackend("still");
  const calls: Call[] = [];
  let last: Extract<Update, { type: "events" }> | undefined;
  let heard: (update: Update) => void = () => {};
  const own: Partial<Backend> = {
    watch: (watched, after, hear, failed) => {
      heard = (update) => {
        if (update.type === "events") last = update;
        hear(update);
      };
      return fake.watch(watched, after, heard, failed);
    },
    pushPlan: async () =>
      change(recordedPlan((await fake.agents()).find((each) => each.id === id) as Agent, 0)),
    ...replaced,
  };
  for (const name of delivering) {
    const does = (own[name] ?? fake[name].bind(fake)) as (...args: unknown[]) => Promise<void>;
    Object.assign(own, { [name]: (...args: unknown[]) => (calls.push([name, ...args]), does(...args)) });
  }
  show(AgentScreen, { id }, own);
  await fireEvent.click(await screen.findByTestId("push"));
  function tell(kind: EventKind, more: Partial<Agent>) {
    if (!last) throw new Error("nothing was heard yet");
    const seq = last.agent.lastSeq + 1;
    const agent = { ...last.agent, ...more, lastSeq: seq };
    heard({ type: "events", events: [{ seq, at: seq, kind }], agent, live: true });
  }
  return { calls, tell };
}

export const dialog = () => screen.queryByRole("dialog");
export const button = () => screen.findByTestId<HTMLButtonElement>("push-now");
/** What an agent says of a push that failed. */
export const failed = ({ code, message, hint }: Fault) => ({
  errorCode: code,
  errorMessage: message,
  errorHint: hint,
});

/** The titles of what is shown beside everything else. */
export const toasts = () =>
  toast.getActiveToasts().map((each) => ("title" in each ? String(each.title) : ""));
