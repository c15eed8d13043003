import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { fakeBackend } from "../../../backend/fake/fake";
import type { FeedbackItem } from "../../../bindings";
import { show } from "../../../test/render";
import AgentScreen from "../AgentScreen.svelte";

const looked = { lookForFeedback: async () => undefined };
const file = (path: string) => screen.getByTestId("diff-view").dataset.path === path;

test("what was chosen and noted stays while the activity is looked at, and what was told goes alone", async () => {
  let taken: () => void = () => {};
  const takeFeedback = () => new Promise<void>((resolve) => (taken = resolve));
  show(AgentScreen, { id: "p02" }, { ...looked, takeFeedback });
  const boxes = () => screen.findAllByTestId<HTMLInputElement>("feedback-choose");
  const note = () => screen.getByTestId<HTMLTextAreaElement>("tell-note");
  await fireEvent.click((await boxes())[1] as HTMLElement);
  await fireEvent.input(note(), { target: { value: "Be brief." } });
  await fireEvent.click(screen.getByTestId("tab-activity"));
  await fireEvent.click(screen.getByTestId("tab-feedback"));
  expect([(await boxes()).map(({ checked }) => checked), note().value]).toEqual([
    [false, true, false, false],
    "Be brief.",
  ]);
  await fireEvent.click(screen.getByTestId("tell"));
  await fireEvent.click((await boxes())[2] as HTMLElement);
  await fireEvent.input(note(), { target: { value: "And this" } });
  taken();
  await waitFor(async () =>
    expect((await boxes()).map(({ checked }) => checked)).toEqual([false, false, true, false]),
  );
  expect(note().value).toBe("And this");
});

test("Enter that ends the composition of a character tells nothing", async () => {
  const taken: unknown[][] = [];
  show(AgentScreen, { id: "p02" }, { ...looked, takeFeedback: async (...args) => void taken.push(args) });
  await fireEvent.click((await screen.findAllByTestId("feedback-choose"))[0] as HTMLElement);
  await fireEvent.keyDown(screen.getByTestId("tell-note"), { key: "Enter", isComposing: true });
  expect(taken).toEqual([]);
  await fireEvent.keyDown(screen.getByTestId("tell-note"), { key: "Enter" });
  expect(taken).toHaveLength(1);
});

test("a number of times that is refused goes back to what is", async () => {
  let refuse: (fault: unknown) => void = () => {};
  const setDelivery = () => new Promise<void>((_, reject) => (refuse = reject));
  show(AgentScreen, { id: "p02" }, { ...looked, setDelivery });
  const select = await screen.findByTestId<HTMLSelectElement>("follow-up");
  await fireEvent.change(select, { target: { value: "5" } });
  expect([select.value, select.disabled]).toEqual(["5", true]);
  refuse({ code: "store_failed", message: "write it: the disk is full", hint: null });
  await waitFor(() => expect([select.value, select.disabled]).toEqual(["3", false]));
});

test("a piece that was asked for is brought into view once", async () => {
  show(AgentScreen, { id: "p02" }, looked);
  await fireEvent.click(await screen.findByText("src/types.ts:2"));
  await waitFor(() => expect(file("src/types.ts")).toBe(true));
  await fireEvent.click(await screen.findByTestId("thread-item"));
  const focused = () => (document.activeElement as HTMLElement | null)?.dataset.feedback;
  await waitFor(() => expect(focused()).toBe("comment/3302"));
  await fireEvent.click(screen.getByTestId("tab-activity"));
  await fireEvent.click(screen.getByTestId("tab-feedback"));
  await screen.findAllByTestId("feedback-item");
  await new Promise(requestAnimationFrame);
  expect(focused()).toBe(undefined);
});

test("a log whose end was let go of does not jump there after the feedback was looked at", async () => {
  show(AgentScreen, { id: "p02" }, looked);
  const follow = () => screen.getByTestId("follow").getAttribute("aria-pressed");
  await screen.findAllByTestId("feedback-item");
  await fireEvent.click(screen.getByTestId("tab-activity"));
  expect(follow()).toBe("true");
  await fireEvent.click(screen.getByTestId("follow"));
  await fireEvent.click(screen.getByTestId("tab-feedback"));
  await fireEvent.click(screen.getByTestId("tab-activity"));
  expect(follow()).toBe("false");
});

test("a piece is brought into view however far down it stands", async () => {
  const fake = fakeBackend("still");
  const comments = async (id: string) => {
    const one = (await fake.feedback(id)).find((item) => item.id === "comment/3302") as FeedbackItem;
    return Array.from({ length: 150 }, (_, n) => ({
      ...one,
      id: n ? `comment/${n}` : one.id,
      at: one.at + n,
    }));
  };
  show(AgentScreen, { id: "p02" }, { ...looked, feedback: comments });
  await fireEvent.click((await screen.findAllByText("src/types.ts:2"))[0] as HTMLElement);
  await waitFor(() => expect(file("src/types.ts")).toBe(true));
  const pieces = await screen.findAllByTestId("thread-item");
  expect(pieces).toHaveLength(150);
  await fireEvent.click(pieces[0] as HTMLElement);
  const focused = () => (document.activeElement as HTMLElement | null)?.dataset.feedback;
  await waitFor(() => expect(focused()).toBe("comment/3302"));
});

test("how the feedback was read is found again after the activity was looked at", async () => {
  show(AgentScreen, { id: "p02" }, looked);
  const log = () => screen.getAllByTestId("check-log")[0] as HTMLElement;
  await screen.findAllByTestId("check-log");
  const frame = () => screen.getByRole("list", { name: "Open feedback" }).parentElement as HTMLElement;
  await fireEvent.click(log());
  frame().scrollTop = 120;
  await fireEvent.scroll(frame());
  await fireEvent.click(screen.getByTestId("tab-activity"));
  await fireEvent.click(screen.getByTestId("tab-feedback"));
  expect([log().getAttribute("aria-expanded"), frame().scrollTop]).toEqual(["true", 120]);
});
