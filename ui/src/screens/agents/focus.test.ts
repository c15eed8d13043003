import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { tick } from "svelte";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Backend } from "../../backend/backend";
import { cast } from "../../backend/fake/cast";
import type { Agent } from "../../bindings";
import { show } from "../../test/render";
import AgentsScreen from "./AgentsScreen.svelte";

/** Lays the list out, which jsdom does not: it is as high as a window, and each row as high as one. */
class Layout {
  constructor(private readonly heard: ResizeObserverCallback) {}
  observe(target: HTMLElement): void {
    const contentRect = new DOMRect(0, 0, 1280, target.style.overflowY ? 600 : 36);
    const entry = { target, contentRect } as unknown as ResizeObserverEntry;
    queueMicrotask(() => this.heard([entry], this as unknown as ResizeObserver));
  }
  unobserve(): void {}
  disconnect(): void {}
}

beforeAll(() => {
  vi.stubGlobal("ResizeObserver", Layout);
  vi.spyOn(HTMLElement.prototype, "offsetParent", "get").mockReturnValue(document.body);
});
afterAll(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Says what has the focus: its test id, or what it is. */
const focused = () => {
  const { activeElement: at } = document;
  return at?.getAttribute("data-testid") ?? at?.tagName.toLowerCase();
};

/** The list of these agents, which the test changes. */
function listing(agents: Agent[], more: Partial<Backend> = {}) {
  let heard: (agents: Agent[]) => void = () => {};
  const watchAgents: Backend["watchAgents"] = (hear) => {
    heard = hear;
    queueMicrotask(() => hear(agents));
    return () => undefined;
  };
  show(AgentsScreen, { creating: false }, { watchAgents, ...more });
  return (now: Agent[]) => heard(now);
}

const idle = cast(0).find(({ agent }) => agent.status === "IDLE")?.agent as Agent;
const row = (name: string) => screen.getByTestId(`agent-row-${name}`);
const within = (name: string, testid: string) =>
  row(name).querySelector(`[data-testid=${testid}]`) as HTMLElement;

test("agents are deleted one after another from where the first one was, and the last leads to the heading", async () => {
  let left = ["A", "B", "C", "D"].map((name, at) => ({ ...idle, id: name, name, createdAt: 9 - at }));
  const deleteAgent = async (id: string) => tell((left = left.filter((agent) => agent.id !== id)));
  const tell = listing(left, { deleteAgent });
  await screen.findByTestId("agent-row-D");
  for (const [pressed, then] of [
    ["B", "agent-row-C"],
    ["C", "agent-row-D"],
    ["D", "agent-row-A"],
    ["A", "h1"],
  ] as const) {
    within(pressed, "delete").focus();
    await tick();
    await fireEvent.click(within(pressed, "delete"));
    await waitFor(() => expect(focused()).toBe(then));
    if (pressed !== "B") continue;
    await fireEvent.keyDown(row("C"), { key: "ArrowUp" });
    await waitFor(() => expect(focused()).toBe("agent-row-A"));
  }
});

test("a start leaves the focus with its row, wherever that comes to stand", async () => {
  const [a, b] = ["A", "B"].map((name, at) => ({ ...idle, id: name, name, createdAt: 9 - at })) as [
    Agent,
    Agent,
  ];
  const start = async () => tell([{ ...b, status: "RUNNING", startedAt: 20 }, a]);
  const tell = listing([a, b], { start });
  await screen.findByTestId("agent-row-B");
  within("B", "start").focus();
  await fireEvent.click(within("B", "start"));
  await waitFor(() => expect(within("B", "stop")).toBeTruthy());
  expect(focused()).toBe("agent-row-B");
});

test("Escape leads from the search to what it found, and to the heading where that is nothing", async () => {
  listing([idle]);
  const search = await screen.findByPlaceholderText("Search");
  search.focus();
  await fireEvent.keyDown(search, { key: "Escape" });
  expect(focused()).toBe(`agent-row-${idle.name}`);
  await fireEvent.click(screen.getByRole("button", { name: /^Running/ }));
  search.focus();
  await fireEvent.keyDown(search, { key: "Escape" });
  expect(focused()).toBe("h1");
});
