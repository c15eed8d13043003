/** An agent's push dialog, opened over the recording, with a log that can be written on by hand. */
import { fireEvent, screen } from "@testing-library/svelte";
import { toast } from "svelte-sonner";
import type { Backend } from "../backend/backend";
import { fakeBackend } from "../backend/fake/fake";
import { recordedPlan } from "../backend/fake/plans";
import type { Agent, Fault, PushPlan } from "../bindings";
import AgentScreen from "../screens/agent/AgentScreen.svelte";
import { show } from "./render";
import { telling } from "./telling";

export type Call = [string, ...unknown[]];
const delivering = ["push", "cancelPush", "setTargetBranch", "setDelivery"] as const;

/** Opens the dialog of an agent; what it asks for is noted, and its log can be written on by hand. */
export async function opened(id: string, replaced: Partial<Backend> = {}, change = (plan: PushPlan) => plan) {
  const fake = fakeBackend("still");
  const calls: Call[] = [];
  const { watch, tell } = telling(fake);
  const own: Partial<Backend> = {
    watch,
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
