import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import type { EventKind, Fault } from "../../bindings";
import { markAt, moved, placeAt } from "../../state/queue";
import { toasts } from "../../test/pushing";
import { show } from "../../test/render";
import { telling } from "../../test/telling";
import AgentScreen from "./AgentScreen.svelte";

const ROW_PX = 28;

const orders: string[][] = [];

/** Opens an agent with three instructions, each in a row of its own height; jsdom lays nothing out. */
async function three(): Promise<HTMLElement[]> {
  orders.length = 0;
  const backend = show(AgentScreen, { id: "a01" });
  await backend.instruct("a01", "Third");
  const own = backend.reorderInstructions.bind(backend);
  backend.reorderInstructions = (id, ids) => {
    orders.push(ids);
    return own(id, ids);
  };
  await waitFor(() => expect(screen.getAllByTestId("queue-item")).toHaveLength(3));
  const items = screen.getAllByTestId("queue-item");
  items.forEach((item, place) => {
    item.getBoundingClientRect = () => new DOMRect(0, 100 + place * ROW_PX, 400, ROW_PX);
  });
  return items;
}

/** Takes an item by its grip, over the heights, and lets it go there. */
async function drag(place: number, heights: number[], end: "pointerUp" | "pointerCancel" = "pointerUp") {
  const grip = screen.getAllByTestId("queue-grip")[place] as HTMLElement;
  grip.setPointerCapture = () => undefined;
  await fireEvent.pointerDown(grip, { button: 0, pointerId: 1 });
  for (const clientY of heights) await fireEvent.pointerMove(grip, { clientY, pointerId: 1 });
  await fireEvent[end](grip, { pointerId: 1 });
}

const texts = () =>
  screen.getAllByTestId("queue-item").map((item) => item.querySelector("[title]")?.textContent);
const keep = "Keep the prop names as they are.";
const note = "Add a note about the locale parameter to the README.";

test("an item is put at another place, and a place outside leaves the list as it was", () => {
  expect(moved(["a", "b", "c"], 0, 2)).toEqual(["b", "c", "a"]);
  expect(moved(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
  for (const [from, to] of [
    [0, -1],
    [0, 3],
    [3, 0],
  ] as const)
    expect(moved(["a", "b", "c"], from, to)).toEqual(["a", "b", "c"]);
});

test("a height belongs to the row that it is in, above all of them to the first, below to the last", () => {
  const place = (y: number) => placeAt([128, 156, 184], y);
  expect([-5, 127, 128, 155, 183, 184, 900].map(place)).toEqual([0, 0, 1, 1, 2, 2, 2]);
  expect(placeAt([], 10)).toBe(0);
});

test("the row that is dragged over is marked on the side where the item would come to lie", () => {
  const marks = (from: number, to: number) => [0, 1, 2].map((index) => markAt({ from, to }, index));
  expect(marks(0, 2)).toEqual([null, null, "below"]);
  expect(marks(2, 0)).toEqual(["above", null, null]);
  expect(marks(1, 1)).toEqual([null, null, null]);
  expect(markAt(null, 0)).toBe(null);
});

test("an instruction that is dragged down and let go lies where it was let go", async () => {
  await three();
  await drag(0, [120, 140, 170]);
  await waitFor(() => expect(texts()).toEqual([note, "Third", keep]));
  expect(orders).toEqual([["q2", "i1", "q1"]]);
});

test("an instruction that is dragged over the first row and beyond is the next one", async () => {
  await three();
  await drag(2, [150, 110, 20]);
  await waitFor(() => expect(texts()).toEqual(["Third", keep, note]));
  expect(orders).toEqual([["i1", "q1", "q2"]]);
});

test("what is let go at its own place, or was never taken by the first button, moves nothing", async () => {
  const [first] = await three();
  await drag(1, [170, 140]);
  const grip = screen.getAllByTestId("queue-grip")[0] as HTMLElement;
  await fireEvent.pointerDown(grip, { button: 2, pointerId: 1 });
  await fireEvent.pointerMove(grip, { clientY: 170, pointerId: 1 });
  await fireEvent.pointerUp(grip, { pointerId: 1 });
  expect([orders, texts()]).toEqual([[], [keep, note, "Third"]]);
  expect(first?.className).not.toContain("border-t-accent");
});

test("Alt and arrows move an instruction by one, and stop at the ends", async () => {
  await three();
  const press = (place: number, key: string, altKey = true) =>
    fireEvent.keyDown(screen.getAllByTestId("queue-edit")[place] as HTMLElement, { key, altKey });
  await press(0, "ArrowUp");
  await press(2, "ArrowDown");
  await press(0, "ArrowDown", false);
  expect(orders).toEqual([]);
  await press(0, "ArrowDown");
  await waitFor(() => expect(texts()).toEqual([note, keep, "Third"]));
  await press(2, "ArrowUp");
  await waitFor(() => expect(texts()).toEqual([note, "Third", keep]));
  expect(orders).toEqual([
    ["q2", "q1", "i1"],
    ["q2", "i1", "q1"],
  ]);
});

test("the focus goes with an instruction that is moved, also where its button leads no further", async () => {
  await three();
  (screen.getAllByTestId("queue-down")[0] as HTMLElement).focus();
  for (const order of [
    [note, keep, "Third"],
    [note, "Third", keep],
  ]) {
    await fireEvent.keyDown(document.activeElement as HTMLElement, { key: "ArrowDown", altKey: true });
    await waitFor(() => expect(texts()).toEqual(order));
  }
  expect(document.activeElement?.getAttribute("aria-label")).toBe("Edit instruction 3");
});

test("the buttons of the first and the last instruction lead no further", async () => {
  await three();
  const disabled = (id: string) =>
    screen.getAllByTestId<HTMLButtonElement>(id).map((button) => button.disabled);
  expect(disabled("queue-up")).toEqual([true, false, false]);
  expect(disabled("queue-down")).toEqual([false, false, true]);
  await fireEvent.click(screen.getAllByTestId("queue-down")[1] as HTMLElement);
  await waitFor(() => expect(texts()).toEqual([keep, "Third", note]));
});

test("an edit gives the focus back to where it began, and each row names its instruction", async () => {
  await three();
  const edit = () => screen.getByRole("button", { name: "Edit instruction 2" });
  for (const key of ["Escape", "Enter"]) {
    await fireEvent.click(edit());
    await fireEvent.keyDown(await screen.findByLabelText("Instruction 2"), { key });
    await waitFor(() => expect(document.activeElement).toBe(edit()));
  }
  const names = screen.getAllByTestId("queue-remove").map((button) => button.getAttribute("aria-label"));
  expect(names).toEqual([1, 2, 3].map((place) => `Remove instruction ${place}`));
});

/** Rewords the first instruction, and says it with Enter where that is wanted. */
async function reword(words: string, saves = false): Promise<HTMLInputElement> {
  await fireEvent.click(await screen.findByRole("button", { name: "Edit instruction 1" }));
  const field = await screen.findByLabelText<HTMLInputElement>("Instruction 1");
  await fireEvent.input(field, { target: { value: words } });
  if (saves) await fireEvent.keyDown(field, { key: "Enter" });
  return field;
}

const composer = () => screen.getByTestId<HTMLTextAreaElement>("instruct-input");
const taken: EventKind = { type: "turnStarted", instruction: "q1", text: keep };
const refusal = (code: string): Fault => ({ code, message: "reword it: it cannot be", hint: null });

test("words for an instruction that is taken meanwhile go to where they can be sent again", async () => {
  const { watch, tell } = telling();
  show(AgentScreen, { id: "a01" }, { watch });
  await reword("Mine");
  await fireEvent.input(composer(), { target: { value: "And that" } });
  tell(taken);
  await waitFor(() => expect(composer().value).toBe("Mine\nAnd that"));
  expect(texts()).toEqual([note]);
  expect(toasts()).toContain("An instruction left the queue before your change; your words are below.");
});

test("a change that comes too late loses no words, and is no fault", async () => {
  const { watch, tell } = telling();
  const before = toasts().length;
  const editInstruction = () => Promise.reject(refusal("instruction_taken"));
  show(AgentScreen, { id: "a01" }, { watch, editInstruction });
  const field = await reword("Mine", true);
  await waitFor(() => expect(field.readOnly).toBe(false));
  tell(taken);
  await waitFor(() => expect(composer().value).toBe("Mine"));
  expect(toasts().slice(before)).toEqual([expect.stringContaining("left the queue")]);
});

test("a change that is refused stays in its field", async () => {
  show(AgentScreen, { id: "a01" }, { editInstruction: () => Promise.reject(refusal("store_failed")) });
  const field = await reword("Mine", true);
  await waitFor(() => expect(toasts()).toContain("Reword it: it cannot be."));
  expect([field.isConnected, field.value, field.readOnly]).toEqual([true, "Mine", false]);
});

test("a change that was made just before it was taken brings no words back", async () => {
  const { watch, tell } = telling();
  let made: () => void = () => {};
  const editInstruction = () => new Promise<void>((resolve) => (made = resolve));
  show(AgentScreen, { id: "a01" }, { watch, editInstruction });
  await reword("Mine", true);
  tell([
    { type: "instructionEdited", id: "q1", text: "Mine" },
    { ...taken, text: "Mine" },
  ]);
  await waitFor(() => expect(texts()).toEqual([note]));
  made();
  await new Promise((resolve) => setTimeout(resolve));
  expect(composer().value).toBe("");
});
