import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";
import type { Backend } from "../../backend/backend";
import type { Limits, ModelChoice } from "../../bindings";
import { toasts } from "../../test/pushing";
import { show } from "../../test/render";
import AgentScreen from "./AgentScreen.svelte";

afterEach(() => vi.useRealTimers());

const status = async () => (await screen.findByTestId("status-badge")).dataset.status;
const has = (id: string) => screen.queryByTestId(id) !== null;
const primary = () =>
  [...document.querySelectorAll(".bg-accent")].filter((part) => part.tagName === "BUTTON");

const taken = { code: "instruction_taken", message: "send it: it is worked on", hint: null };

/** Notes the calls of a method and lets it do its work. */
function spy<Name extends keyof Backend>(backend: Backend, name: Name): unknown[][] {
  const calls: unknown[][] = [];
  const own = (backend[name] as (...args: unknown[]) => unknown).bind(backend);
  Object.assign(backend, {
    [name]: (...args: unknown[]) => {
      calls.push(args);
      return own(...args);
    },
  });
  return calls;
}

test("at a limit it is offered doubled, and the agent goes on once it is raised", async () => {
  const backend = show(AgentScreen, { id: "a11" });
  const set = spy(backend, "setLimits");
  const banner = await screen.findByTestId("warning-banner");
  expect(banner.textContent).toContain("Paused: the money limit was reached.");
  expect(primary().map((button) => button.textContent?.trim())).toEqual(["Raise…"]);
  await fireEvent.click(screen.getByTestId("raise"));
  const money = await screen.findByTestId<HTMLInputElement>("create-limit-money");
  expect(Number(money.value)).toBeGreaterThan(0.2);
  await fireEvent.click(screen.getByTestId("save-limits"));
  await waitFor(async () => expect(await status()).toBe("RUNNING"));
  expect((set[0]?.[1] as Limits).money).toBe(Math.round(Number(money.value) * 1_000_000));
});

test("a money limit without a known price is refused at the form with what to do", async () => {
  const fault = { code: "price_unknown", message: "limit the money: no price", hint: "set a token limit" };
  show(AgentScreen, { id: "a11" }, { setLimits: () => Promise.reject(fault) });
  await fireEvent.click(await screen.findByTestId("raise"));
  await fireEvent.click(await screen.findByTestId("save-limits"));
  expect(await screen.findByText("Limit the money: no price.")).toBeTruthy();
  expect(screen.getByText("Set a token limit.")).toBeTruthy();
  expect(await status()).toBe("PAUSED");
});

test("at a limit it can wrap up", async () => {
  const backend = show(AgentScreen, { id: "a11" });
  const asked = spy(backend, "wrapUp");
  await fireEvent.click(await screen.findByTestId("wrap-up"));
  await waitFor(async () => expect(await status()).toBe("RUNNING"));
  expect(asked).toEqual([["a11"]]);
});

test("a spent quota says when it goes on, and can be tried now", async () => {
  show(AgentScreen, { id: "a12" });
  const banner = await screen.findByTestId("warning-banner");
  expect(banner.textContent).toMatch(
    /quota of this key is spent.*Goes on by itself at \d\d:\d\d(?: tomorrow)? \(in 12 min\)\. Wait/s,
  );
  expect([has("try-now"), has("change-model"), has("resume")]).toEqual([true, true, false]);
  await fireEvent.click(screen.getByTestId("try-now"));
  await waitFor(async () => expect(await status()).toBe("RUNNING"));
});

test("what is told of a pause is the same each second, although the time that is left moves", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"], now: Date.now() });
  show(AgentScreen, { id: "a12" });
  const banner = await screen.findByTestId("warning-banner");
  const said = () => {
    const copy = banner.cloneNode(true) as HTMLElement;
    copy.querySelectorAll("[aria-hidden=true]").forEach((part) => part.remove());
    return copy.textContent;
  };
  const [told, seen] = [said(), banner.textContent];
  vi.advanceTimersByTime(11 * 60_000);
  await waitFor(() => expect(banner.textContent).not.toBe(seen));
  expect(told).toMatch(/Goes on by itself at \d\d:\d\d(?: tomorrow)?\. Wait for its reset/);
  expect(said()).toBe(told);
});

test("a refused key leads to the model and its key, and the agent goes on with what was chosen", async () => {
  const backend = show(AgentScreen, { id: "a19" });
  const set = spy(backend, "setModel");
  await fireEvent.click(await screen.findByTestId("change-model"));
  const name = await screen.findByTestId<HTMLInputElement>("chosen-model");
  await waitFor(() => expect(name.value).toBe("claude-sonnet-4-5"));
  await fireEvent.input(name, { target: { value: "claude-haiku-4-5" } });
  await fireEvent.click(screen.getByTestId("change-submit"));
  await waitFor(async () => expect(await status()).toBe("RUNNING"));
  expect((set[0]?.[1] as ModelChoice).name).toBe("claude-haiku-4-5");
});

test("circles are said, and what the agent is told then is heard before it goes on", async () => {
  const backend = show(AgentScreen, { id: "a14" });
  const [instructed, sent] = [spy(backend, "instruct"), spy(backend, "sendNow")];
  const notice = await screen.findByTestId("loop");
  expect(notice.textContent).toContain("Two states came in turn 6 times");
  await fireEvent.input(screen.getByTestId("loop-input"), { target: { value: "Leave it" } });
  await fireEvent.click(screen.getByTestId("loop-tell"));
  await waitFor(async () => expect(await status()).toBe("RUNNING"));
  expect([instructed, sent]).toEqual([[["a14", "Leave it"]], [["a14", "i1", false]]]);
});

test("what it is told is heard also where the screen is left meanwhile", async () => {
  let queued: (id: string) => void = () => {};
  const instruct = () => new Promise<string>((resolve) => (queued = resolve));
  const sent: unknown[] = [];
  show(AgentScreen, { id: "a14" }, { instruct, sendNow: async (...asked) => void sent.push(asked) });
  await fireEvent.input(await screen.findByTestId("loop-input"), { target: { value: "Leave it" } });
  await fireEvent.click(screen.getByTestId("loop-tell"));
  cleanup();
  queued("i7");
  await waitFor(() => expect(sent).toEqual([["a14", "i7", false]]));
});

test("words that were taken before they could be sent are heard, and the same words wait when they are queued", async () => {
  const before = toasts().length;
  const sent: unknown[] = [];
  const sendNow = (...asked: unknown[]) => (sent.push(asked), Promise.reject(taken));
  const backend = show(AgentScreen, { id: "a01" }, { sendNow });
  const queued = spy(backend, "instruct");
  const input = await screen.findByTestId<HTMLTextAreaElement>("instruct-input");
  for (const ctrlKey of [true, false]) {
    await fireEvent.input(input, { target: { value: "continue" } });
    await fireEvent.keyDown(input, { key: "Enter", ctrlKey });
    await waitFor(() => expect(screen.getByTestId("instruct-send").textContent).toContain("Queue"));
    await waitFor(() => expect(queued).toHaveLength(ctrlKey ? 1 : 2));
  }
  await waitFor(() => expect(screen.getAllByTestId("queue-item")).toHaveLength(4));
  expect([sent, toasts().slice(before)]).toEqual([[["a01", "i1", false]], []]);
});

test("an agent that waits again says how many are ahead", async () => {
  show(AgentScreen, { id: "a16" });
  expect((await screen.findByTestId("plain-banner")).textContent).toContain(
    "Waits for a free slot, 3 ahead.",
  );
  expect(screen.getByTestId("status-badge").textContent).toContain("Waiting");
});

test("an agent says how full its conversation is and which limits are near", async () => {
  show(AgentScreen, { id: "a15" });
  expect((await screen.findByTestId("context")).textContent).toContain("context 41 %");
  expect(screen.getAllByTestId("usage-near").map((part) => part.textContent)).toContainEqual(
    expect.stringContaining("Tokens"),
  );
});

test("the plan opens as the list of its steps", async () => {
  show(AgentScreen, { id: "a01" });
  const plan = await screen.findByTestId("plan");
  expect(plan.textContent).toContain("Plan 3/7");
  await fireEvent.click(plan);
  const steps = within(await screen.findByTestId("plan-steps")).getAllByRole("listitem");
  expect(steps.map((step) => step.dataset.status)).toEqual([
    ...["DONE", "DONE", "DONE", "ACTIVE", "PENDING", "PENDING", "PENDING"],
  ]);
});

test("Control and Enter lets it hear the words at the next step", async () => {
  const backend = show(AgentScreen, { id: "a01" });
  const sent = spy(backend, "sendNow");
  const input = await screen.findByTestId("instruct-input");
  await fireEvent.input(input, { target: { value: "Look at the tests too" } });
  await fireEvent.keyDown(input, { key: "Enter", ctrlKey: true });
  await waitFor(() => expect(sent).toEqual([["a01", "i1", false]]));
  const first = (await screen.findAllByTestId("queue-item"))[0];
  await waitFor(() => expect(screen.getAllByTestId("queue-item")[0]?.dataset.now).toBe("true"));
  expect(first?.textContent).toBeTruthy();
});

test("a removed instruction comes back to its place, also once the screen is left", async () => {
  const backend = show(AgentScreen, { id: "a01" });
  const moved = spy(backend, "reorderInstructions");
  await fireEvent.click((await screen.findAllByTestId("queue-remove"))[0] as HTMLElement);
  await waitFor(() => expect(screen.getAllByTestId("queue-item")).toHaveLength(1));
  const { toast } = await import("svelte-sonner");
  const [last] = toast.getActiveToasts();
  if (!last || !("action" in last)) throw new Error("it can be taken back");
  const { onClick } = last.action as { onClick: (event: unknown) => void };
  onClick({});
  await waitFor(() =>
    expect(
      screen.getAllByTestId("queue-item").map((item) => item.querySelector("[title]")?.textContent),
    ).toEqual(["Keep the prop names as they are.", "Add a note about the locale parameter to the README."]),
  );
  cleanup();
  onClick({});
  await waitFor(() => expect(moved.at(-1)).toEqual(["a01", ["i2", "i1", "q2"]]));
});

test("Alt and an arrow moves an instruction", async () => {
  const backend = show(AgentScreen, { id: "a01" });
  const moved = spy(backend, "reorderInstructions");
  await fireEvent.keyDown((await screen.findAllByTestId("queue-edit"))[1] as HTMLElement, {
    key: "ArrowUp",
    altKey: true,
  });
  await waitFor(() => expect(moved).toEqual([["a01", ["q2", "q1"]]]));
});
