import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import type { Backend } from "../../backend/backend";
import { show } from "../../test/render";
import AgentScreen from "./AgentScreen.svelte";

const looked: Partial<Backend> = { lookForFeedback: async () => undefined };

/** Says what has the focus: its test id, or what it is. */
function focused(): string {
  const { activeElement: at } = document;
  return at?.getAttribute("data-testid") ?? at?.getAttribute("role") ?? at?.tagName.toLowerCase() ?? "";
}

async function press(testid: string, index = 0): Promise<HTMLElement> {
  const button = (await screen.findAllByTestId(testid))[index] as HTMLElement;
  button.focus();
  expect(document.activeElement).toBe(button);
  await fireEvent.click(button);
  return button;
}

/** What is pressed in an agent's screen, what is gone or disabled then, and where one is afterwards. */
const presses: [id: string, pressed: string, then: string][] = [
  ["a01", "pause", "h1"],
  ["a11", "wrap-up", "h1"],
  ["a12", "try-now", "h1"],
  ["a14", "resume", "h1"],
  ["a01", "queue-remove", "queue-edit"],
  ["p02", "tab-activity", "tab-activity"],
];

test.each(presses)("in the screen of %s, %s leads to %s", async (id, pressed, then) => {
  show(AgentScreen, { id }, looked);
  const button = await press(pressed);
  await waitFor(() => expect([button.isConnected, focused()]).toEqual([false, then]));
});

test("an answer leads to what can be said next, and so do words that are sent", async () => {
  show(AgentScreen, { id: "a02" });
  await fireEvent.input(await screen.findByTestId("answer-input"), { target: { value: "UTC" } });
  await press("answer-send");
  await waitFor(() => expect(screen.queryByTestId("question")).toBe(null));
  expect(focused()).toBe("instruct-input");
  for (const button of ["instruct-now", "instruct-send"]) {
    await fireEvent.input(screen.getByTestId("instruct-input"), { target: { value: "Go on" } });
    await press(button);
    await waitFor(() => expect(focused()).toBe("instruct-input"));
  }
});

test("a verb that is refused has the focus again", async () => {
  let refuse: (fault: unknown) => void = () => {};
  const pause = () => new Promise<void>((_, reject) => (refuse = reject));
  show(AgentScreen, { id: "a01" }, { pause });
  const button = await press("pause");
  await waitFor(() => expect(focused()).toBe("h1"));
  refuse({ code: "store_failed", message: "pause it: the disk is full", hint: null });
  await waitFor(() => expect(document.activeElement).toBe(button));
});

test("another model is filled in where it appears, and its end leaves the dialog open", async () => {
  show(AgentScreen, { id: "a19" });
  await press("change-model");
  await waitFor(() => expect(focused()).toBe("dialog"));
  await waitFor(async () =>
    expect((await screen.findByTestId<HTMLButtonElement>("chosen-add-fallback")).disabled).toBe(false),
  );
  await press("chosen-add-fallback");
  await waitFor(() => expect(document.activeElement?.closest("[data-testid=chosen-fallback]")).toBeTruthy());
  const remove = screen.getByLabelText("No other model");
  remove.focus();
  await fireEvent.click(remove);
  await waitFor(() => expect(document.activeElement?.matches("[role=dialog] select")).toBe(true));
});
