import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import type { NewAgent } from "../../bindings";
import { show } from "../../test/render";
import CreateDialog from "./CreateDialog.svelte";

const field = (id: string) => screen.findByTestId<HTMLInputElement>(`create-${id}`);

test("the last commits are asked for by their number, and all of it again without", async () => {
  const sent: (number | null | undefined)[] = [];
  const createAgent = (made: NewAgent) => {
    sent.push(made.historyDepth);
    return Promise.reject({ code: "name_taken", message: "create the agent", hint: null });
  };
  show(CreateDialog, {}, { createAgent });
  await waitFor(async () => expect((await field("model")).value).toBe("claude-sonnet-4-5"));
  for (const [id, value] of Object.entries({ name: "Tidy up", task: "Tidy", repo: "octo/web" }))
    await fireEvent.input(await field(id), { target: { value } });
  const which = screen.getByTestId("history-cut");
  await fireEvent.change(which, { target: { value: "CUT" } });
  const depth = await screen.findByTestId("history-depth");
  await fireEvent.input(depth, { target: { value: "0" } });
  await fireEvent.click(await field("submit"));
  await waitFor(() => expect(depth.getAttribute("aria-invalid")).toBe("true"));
  expect(sent).toEqual([]);
  await fireEvent.input(depth, { target: { value: "20" } });
  expect(screen.getByTestId("history-toggle").textContent).toContain("the last 20 commits");
  await fireEvent.click(await field("submit"));
  await waitFor(() => expect(sent).toEqual([20]));
  await fireEvent.change(which, { target: { value: "WHOLE" } });
  await fireEvent.click(await field("submit"));
  await waitFor(() => expect(sent).toEqual([20, null]));
});
