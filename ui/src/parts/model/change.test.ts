import { cleanup, fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { cast } from "../../backend/fake/cast";
import type { Agent, Fault } from "../../bindings";
import { toasts } from "../../test/pushing";
import { show } from "../../test/render";
import ChangeModel from "./ChangeModel.svelte";

const fault: Fault = { code: "store_failed", message: "change the model: the disk is full", hint: null };

/** Sends another model for an agent that waits for one, and closes the form before the answer. */
async function left() {
  const agent = cast(0).find((run) => run.agent.id === "a19")?.agent as Agent;
  const heard: string[] = [];
  let end: (fault?: Fault) => void = () => {};
  const asked = new Promise<void>((resolve, reject) => (end = (why) => (why ? reject(why) : resolve())));
  show(
    ChangeModel,
    { agent, ondone: () => heard.push("done") },
    { setModel: () => asked, resume: async (id) => void heard.push(`resume ${id}`) },
  );
  const name = await screen.findByTestId<HTMLInputElement>("chosen-model");
  await waitFor(() => expect(name.value).toBe("claude-sonnet-4-5"));
  await fireEvent.click(screen.getByTestId("change-submit"));
  cleanup();
  return { heard, end };
}

test("a change that is answered after its form was closed goes on, and closes no other form", async () => {
  const { heard, end } = await left();
  end();
  await waitFor(() => expect(heard).toEqual(["resume a19"]));
  await new Promise((resolve) => setTimeout(resolve));
  expect(heard).toEqual(["resume a19"]);
});

test("a change that is refused after its form was closed says so beside everything else", async () => {
  const { heard, end } = await left();
  end(fault);
  await waitFor(() => expect(toasts()).toContain("Change the model: the disk is full."));
  expect(heard).toEqual([]);
});
