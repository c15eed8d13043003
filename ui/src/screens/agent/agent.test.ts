import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { show } from "../../test/render";
import AgentScreen from "./AgentScreen.svelte";

const status = async () => (await screen.findByTestId("status-badge")).dataset.status;
const has = (id: string) => screen.queryByTestId(id) !== null;
const queue = () =>
  screen.queryAllByTestId("queue-item").map((item) => item.textContent?.trim().replace(/^\d+\s*/, ""));

test("a running agent can be paused and stopped, and pausing shows at once", async () => {
  show(AgentScreen, { id: "a01" });
  expect(await status()).toBe("RUNNING");
  expect([has("pause"), has("stop"), has("push"), has("start")]).toEqual([true, true, false, false]);
  await fireEvent.click(screen.getByTestId("pause"));
  await waitFor(async () => expect(await status()).toBe("PAUSED"));
  expect([has("resume"), has("push")]).toEqual([true, true]);
});

test("instructions are queued with Enter, moved, reworded and taken back", async () => {
  show(AgentScreen, { id: "a01" });
  const input = await screen.findByTestId<HTMLTextAreaElement>("instruct-input");
  await fireEvent.input(input, { target: { value: "Third" } });
  await fireEvent.keyDown(input, { key: "Enter" });
  const [first, second] = [
    "Keep the prop names as they are.",
    "Add a note about the locale parameter to the README.",
  ];
  await waitFor(() => expect(queue()).toEqual([first, second, "Third"]));
  expect(input.value).toBe("");

  await fireEvent.click(screen.getAllByTestId("queue-up")[2] as HTMLElement);
  await waitFor(() => expect(queue()).toEqual([first, "Third", second]));

  await fireEvent.click(screen.getAllByTestId("queue-edit")[1] as HTMLElement);
  const field = await screen.findByLabelText<HTMLInputElement>("Instruction 2");
  await fireEvent.input(field, { target: { value: "Second" } });
  await fireEvent.keyDown(field, { key: "Enter" });
  await waitFor(() => expect(queue()).toEqual([first, "Second", second]));

  await fireEvent.click(screen.getAllByTestId("queue-remove")[0] as HTMLElement);
  await waitFor(() => expect(queue()).toEqual(["Second", second]));
});

test("a question is answered and the agent goes on", async () => {
  show(AgentScreen, { id: "a02" });
  await fireEvent.input(await screen.findByLabelText(/^Which time zone/), { target: { value: "UTC" } });
  await fireEvent.click(screen.getByTestId("answer-send"));
  await waitFor(async () => expect(await status()).toBe("RUNNING"));
  expect(has("answer-input")).toBe(false);
});

test("a refused answer stays in its field", async () => {
  show(
    AgentScreen,
    { id: "a02" },
    { answer: () => Promise.reject({ code: "x", message: "no", hint: null }) },
  );
  const input = await screen.findByTestId<HTMLInputElement>("answer-input");
  await fireEvent.input(input, { target: { value: "UTC" } });
  await fireEvent.click(screen.getByTestId("answer-send"));
  await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>("answer-send").disabled).toBe(false));
  expect(input.value).toBe("UTC");
});

test("a completed agent is pushed and shows its commit", async () => {
  show(AgentScreen, { id: "a07" });
  expect((await screen.findByTestId("pushed-commit")).dataset.commit).toBe("5b8e0c3d91fa2647");
  expect(has("push")).toBe(false);
});

test("an error says what happened and offers one way on", async () => {
  show(AgentScreen, { id: "a06" });
  const banner = await screen.findByTestId("error-banner");
  expect(banner.textContent).toContain("The provider refused the key".slice(4));
  expect(banner.textContent).toContain("Check the API key of this model, then resume.");
  expect(screen.getAllByTestId("resume")).toHaveLength(1);
});

test("an agent that was deleted can be restored, and nothing else can be done with it", async () => {
  const backend = show(AgentScreen, { id: "a03" });
  await screen.findByTestId("push");
  await backend.deleteAgent("a03");
  await screen.findByText("This agent was deleted.");
  expect(["start", "push", "propose", "instruct-input", "limits"].filter(has)).toEqual([]);
  await fireEvent.click(screen.getByTestId("restore"));
  expect(await screen.findByTestId("push")).toBeTruthy();
  expect(has("restore")).toBe(false);
});

test("an agent that does not exist leads back to the list", async () => {
  show(AgentScreen, { id: "none" });
  expect(await screen.findByText("All agents")).toBeTruthy();
});

test("a verb that worked leaves the focus on the screen", async () => {
  show(AgentScreen, { id: "a01" });
  const pause = await screen.findByTestId("pause");
  pause.focus();
  await fireEvent.click(pause);
  await screen.findByTestId("resume");
  await waitFor(() => expect(document.activeElement?.tagName).toBe("H1"));
});

test("a key is typed where it is asked for", async () => {
  show(AgentScreen, { id: "a19" });
  await fireEvent.click(await screen.findByTestId("change-model"));
  const replace = await screen.findByText(/^(Replace|Use another)$/);
  replace.focus();
  await fireEvent.click(replace);
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("key-input")));
});
