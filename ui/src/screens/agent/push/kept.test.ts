import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import type { Fault } from "../../../bindings";
import { Messages } from "../../../state/messages.svelte";
import { button, dialog, opened, toasts } from "../../../test/pushing";

const messages = () => screen.findAllByTestId<HTMLTextAreaElement>("push-message");
const fault: Fault = {
  code: "push_rejected",
  message: "push the branch: refused by a hook",
  hint: "ask for access",
};

test("a dialog that is closed while commits are made opens on the same push, and what it came to is not lost", async () => {
  let refuse: (fault: Fault) => void = () => {};
  const push = () => new Promise<void>((_, reject) => (refuse = reject));
  const { calls } = await opened("a03", { push });
  await fireEvent.click(await button());
  await fireEvent.click(screen.getByText("Close"));
  await waitFor(() => expect(dialog()).toBe(null));
  await fireEvent.click(screen.getByTestId("push"));
  expect((await button()).textContent?.trim()).toBe("Pushing…");
  await fireEvent.click(await screen.findByTestId("push-cancel"));
  await waitFor(() => expect(calls.map(([name]) => name)).toEqual(["push", "cancelPush"]));
  await fireEvent.click(screen.getByText("Close"));
  await waitFor(() => expect(dialog()).toBe(null));
  refuse({ ...fault, message: "sign the commits: the agent of SSH is gone" });
  await waitFor(() => expect(toasts()).toContain("Sign the commits: the agent of SSH is gone."));
  await fireEvent.click(screen.getByTestId("push"));
  const banner = await within(dialog() as HTMLElement).findByTestId("error-banner");
  expect(banner.textContent).toContain("Sign the commits");
});

test("messages stay while something is looked at, as long as the plan proposes the same", async () => {
  let more = 0;
  await opened("a03", {}, (plan) => ({
    ...plan,
    commits: plan.commits.map((commit) => ({ ...commit, message: more ? "Another" : commit.message })),
  }));
  await fireEvent.input((await messages())[0] as HTMLElement, { target: { value: "In my words" } });
  await fireEvent.click((await screen.findAllByTestId("risk"))[0] as HTMLElement);
  await waitFor(() => expect(dialog()).toBe(null));
  await fireEvent.click(screen.getByTestId("push"));
  expect((await messages())[0]?.value).toBe("In my words");
  more = 1;
  await fireEvent.keyDown(dialog() as HTMLElement, { key: "Escape" });
  await waitFor(() => expect(dialog()).toBe(null));
  await fireEvent.click(screen.getByTestId("push"));
  await waitFor(async () => expect((await messages())[0]?.value).toBe("Another"));
});

test("messages outlive another choice of commits, and the agent's name comes and goes behind them", async () => {
  await opened("a03");
  const words = async () => (await messages()).map(({ value }) => value);
  const named = expect.stringMatching(/^In my words\n\nAgent: Anchorhold \([^\n]*\)$/);
  await fireEvent.input((await messages())[0] as HTMLElement, { target: { value: "In my words" } });
  await fireEvent.click(screen.getByTestId("push-trailer"));
  await waitFor(async () => expect(await words()).toEqual([named]));
  await fireEvent.click(screen.getByTestId("commits-PER_INSTRUCTION"));
  await waitFor(async () => expect(await words()).toHaveLength(2));
  await fireEvent.click(screen.getByTestId("commits-ONE"));
  await waitFor(async () => expect(await words()).toEqual([named]));
  await fireEvent.click(screen.getByTestId("commits-PER_INSTRUCTION"));
  await waitFor(async () => expect(await words()).toHaveLength(2));
  await fireEvent.click(screen.getByTestId("push-trailer"));
  await waitFor(async () => expect((await words()).join()).not.toContain("Agent:"));
  await fireEvent.click(screen.getByTestId("commits-ONE"));
  await waitFor(async () => expect(await words()).toEqual(["In my words"]));
});

test("an agent's name that the user took away stays away, and one that the user changed stays as it is", () => {
  const kept = new Messages();
  const trailer = "Agent: Anchorhold (openai/a)";
  kept.propose([`Fix it\n\n${trailer}\n`]);
  kept.written[0] = "Mine";
  kept.propose([`Fix it\n\n${trailer}\n`]);
  expect(kept.written).toEqual(["Mine"]);
  kept.propose(["Fix it\n"]);
  expect(kept.written).toEqual(["Mine"]);
  kept.propose([`Fix it\n\n${trailer}\n`]);
  expect(kept.written).toEqual([`Mine\n\n${trailer}`]);
  kept.propose(["Fix it\n\nAgent: Anchorhold (openai/b)\n"]);
  expect(kept.written).toEqual(["Mine\n\nAgent: Anchorhold (openai/b)"]);
  kept.spend();
  kept.propose(["Fix it\n"]);
  expect(kept.written).toEqual(["Fix it\n"]);
});

test("a choice that is refused goes back to what is, and no other one is made meanwhile", async () => {
  let refuse: (fault: Fault) => void = () => {};
  const { calls } = await opened("a03", {
    setDelivery: () => new Promise<void>((_, reject) => (refuse = reject)),
  });
  const select = await screen.findByTestId<HTMLSelectElement>("push-pull-request");
  const before = select.value;
  await fireEvent.change(select, { target: { value: "DRAFT" } });
  const box = screen.getByTestId<HTMLInputElement>("push-trailer");
  expect([select.value, select.disabled, box.disabled]).toEqual(["DRAFT", true, true]);
  await fireEvent.click(screen.getByTestId("commits-PER_INSTRUCTION"));
  refuse(fault);
  await waitFor(() => expect([select.value, select.disabled]).toEqual([before, false]));
  await fireEvent.click(box);
  refuse(fault);
  await waitFor(() => expect([box.checked, box.disabled]).toEqual([false, false]));
  expect(calls).toHaveLength(2);
});
