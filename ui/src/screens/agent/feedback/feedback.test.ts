import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import type { Backend } from "../../../backend/backend";
import { fakeBackend } from "../../../backend/fake/fake";
import type { FeedbackItem } from "../../../bindings";
import { show } from "../../../test/render";
import AgentScreen from "../AgentScreen.svelte";

const items = () => screen.findAllByTestId("feedback-item");
const ids = async () => (await items()).map((item) => item.dataset.feedback);
const looked = { lookForFeedback: async () => undefined };
const file = (path: string) => screen.getByTestId("diff-view").dataset.path === path;

test("what came back is there when somebody comes, with what fails first", async () => {
  show(AgentScreen, { id: "p02" }, looked);
  expect(await ids()).toEqual(["check/9071", "review/880", "comment/3302", "comment/3301"]);
  expect(screen.getByTestId("tab-feedback").textContent).toContain("4");
  await fireEvent.click(screen.getByTestId("feedback-earlier"));
  const past = (await items()).slice(4).map((item) => item.textContent ?? "");
  expect(past).toHaveLength(3);
  expect(past.every((text) => text.includes("Outdated"))).toBe(true);
  expect(past.filter((text) => text.includes("Taken"))).toHaveLength(2);
});

test("several are turned into one instruction, with a note of one's own", async () => {
  const taken: unknown[][] = [];
  const takeFeedback: Backend["takeFeedback"] = async (...args) => void taken.push(args);
  show(AgentScreen, { id: "p02" }, { ...looked, takeFeedback });
  const boxes = await screen.findAllByTestId("feedback-choose");
  expect(screen.queryByTestId("tell")).toBe(null);
  await fireEvent.click(boxes[0] as HTMLElement);
  await fireEvent.click(boxes[3] as HTMLElement);
  expect(screen.getByTestId("tell").textContent?.trim()).toBe("Tell the agent 2 things");
  await fireEvent.input(screen.getByTestId("tell-note"), { target: { value: " Be brief. " } });
  await fireEvent.keyDown(screen.getByTestId("tell-note"), { key: "Enter" });
  await waitFor(() => expect(taken).toEqual([["p02", ["check/9071", "comment/3301"], "Be brief."]]));
  await waitFor(() => expect(screen.queryByTestId("tell")).toBe(null));
});

test("all that are open can be chosen at once, and none again", async () => {
  show(AgentScreen, { id: "p02" }, looked);
  const all = await screen.findByTestId("feedback-all");
  await fireEvent.click(all);
  expect(screen.getByTestId("tell").textContent?.trim()).toBe("Tell the agent 4 things");
  await fireEvent.click(all);
  expect(screen.queryByTestId("tell")).toBe(null);
});

test("what the agent was told is not open any more", async () => {
  show(AgentScreen, { id: "p02" }, looked);
  await fireEvent.click((await screen.findAllByTestId("feedback-choose"))[0] as HTMLElement);
  await fireEvent.click(screen.getByTestId("tell"));
  await waitFor(async () => expect(await ids()).toEqual(["review/880", "comment/3302", "comment/3301"]));
});

test("a check unfolds to the end of its log, and its notes lead to their lines", async () => {
  show(AgentScreen, { id: "p02" }, looked);
  const [check] = await items();
  const log = (check as HTMLElement).querySelector("pre");
  expect(log?.hidden).toBe(true);
  await fireEvent.click(within(check as HTMLElement).getByTestId("check-log"));
  expect(log?.hidden).toBe(false);
  expect(log?.textContent).toContain("Found 2 errors in 2 files.");
  await fireEvent.click(within(check as HTMLElement).getByText("src/dates.ts:5"));
  await waitFor(() => expect(file("src/dates.ts")).toBe(true));
  await waitFor(() => expect(document.querySelector(".sought")?.textContent).toContain("Date.parse(value)"));
});

test("a comment stands below its line in the differences, and can be folded away", async () => {
  show(AgentScreen, { id: "p02" }, looked);
  await screen.findAllByTestId("feedback-item");
  await fireEvent.click(screen.getByText("src/App.tsx:15"));
  const texts = () => screen.queryAllByTestId("diff-thread").map((thread) => thread.textContent ?? "");
  // Without a height only the first rows are drawn; the next remark is below them.
  await waitFor(() => expect(texts()).toHaveLength(1));
  expect(texts()[0]).toContain("The locale is fixed to English here.");
  const marker = screen.getAllByTestId("diff-marker")[0] as HTMLElement;
  expect(marker.getAttribute("aria-label")).toBe("1 remark on line 15");
  await fireEvent.click(marker);
  expect(texts()).toHaveLength(0);
  expect(marker.getAttribute("aria-expanded")).toBe("false");
});

test("a remark in the differences leads back to its place in the list", async () => {
  show(AgentScreen, { id: "p02" }, looked);
  await fireEvent.click(await screen.findByText("src/types.ts:2"));
  await waitFor(() => expect(file("src/types.ts")).toBe(true));
  await fireEvent.click(screen.getByTestId("tab-activity"));
  expect(screen.queryByTestId("feedback")).toBe(null);
  await fireEvent.click(await screen.findByTestId("thread-item"));
  await waitFor(() =>
    expect((document.activeElement as HTMLElement | null)?.dataset.feedback).toBe("comment/3302"),
  );
});

test("following up by itself is set here, with how much of it is used", async () => {
  const set: unknown[] = [];
  show(
    AgentScreen,
    { id: "p02" },
    { ...looked, setDelivery: async (_id, delivery) => void set.push(delivery) },
  );
  const select = await screen.findByTestId<HTMLSelectElement>("follow-up");
  expect([select.value, screen.getByTestId("follow-ups").textContent]).toEqual(["3", "1 of 3 used"]);
  await fireEvent.change(select, { target: { value: "5" } });
  await fireEvent.change(select, { target: { value: "off" } });
  expect(set).toMatchObject([
    { followUp: true, mostFollowUps: 5 },
    { followUp: false, mostFollowUps: 3 },
  ]);
});

test("it looks once when it is opened, and again when it is told to", async () => {
  let times = 0;
  show(AgentScreen, { id: "p01" }, { lookForFeedback: async () => void (times += 1) });
  await fireEvent.click(await screen.findByTestId("tab-feedback"));
  expect((await screen.findByText(/^You looked/)).textContent).toBe("You looked just now");
  await fireEvent.click(screen.getByTestId("look-now"));
  await waitFor(() => expect(times).toBe(2));
});

test("a rate limit that is used up is said, and what is known stays", async () => {
  const fault = {
    code: "rate_limited",
    message: "look for feedback: the limit is used up",
    hint: "wait 11 minutes",
  };
  show(AgentScreen, { id: "p02" }, { lookForFeedback: () => Promise.reject(fault) });
  expect((await screen.findByTestId("warning-banner")).textContent).toContain("Wait 11 minutes.");
  expect(await ids()).toHaveLength(4);
});

test("what the token may not read is said with the permissions that let it", async () => {
  show(AgentScreen, { id: "p08" }, looked);
  await fireEvent.click(await screen.findByTestId("tab-feedback"));
  const said = [...(await screen.findByTestId("warning-banner")).querySelectorAll("p")];
  expect(said.map((line) => line.textContent)).toEqual([
    "Checks and job logs cannot be read with this token.",
    "Give the app or the token read access to Checks and Actions. Job logs are with another host, which the network must let through.",
  ]);
});

test("feedback that cannot be read says why, and is read again", async () => {
  const fault = { code: "store_failed", message: "read the feedback: the disk is gone", hint: null };
  let broken = true;
  const fake = fakeBackend("still");
  const feedback = (id: string) => (broken ? Promise.reject(fault) : fake.feedback(id));
  show(AgentScreen, { id: "p02" }, { ...looked, feedback });
  const banner = await screen.findByTestId("error-banner");
  broken = false;
  await fireEvent.click(within(banner).getByText("Try again"));
  expect(await ids()).toHaveLength(4);
});

test("each state without feedback is said in words", async () => {
  const cases: [string, string][] = [
    ["p01", "Waiting for checks"],
    ["p03", "All checks passed"],
    ["p08", "How its checks stand is on the pull request's page."],
    ["p04", "Merged"],
    ["p07", "Closed"],
    ["a07", "No pull request yet"],
  ];
  const { cleanup } = await import("@testing-library/svelte");
  for (const [id, words] of cases) {
    show(AgentScreen, { id }, looked);
    await fireEvent.click(await screen.findByTestId("tab-feedback"));
    await waitFor(() => expect(screen.getByTestId("feedback-none").textContent).toContain(words));
    cleanup();
  }
});

test("what is long is cut until all of it is asked for", async () => {
  const base = (await fakeBackend("still").feedback("p02")).find(
    ({ id }) => id === "check/9071",
  ) as FeedbackItem;
  const note = base.annotations[0] as FeedbackItem["annotations"][number];
  const long: FeedbackItem[] = [
    { ...base, annotations: Array.from({ length: 50 }, (_, n) => ({ ...note, line: n + 1 })) },
    { ...base, id: "comment/1", kind: "COMMENT", annotations: [], body: "word ".repeat(3000) },
  ];
  show(AgentScreen, { id: "p02" }, { ...looked, feedback: async () => long });
  expect(await screen.findAllByTestId("annotation")).toHaveLength(8);
  await fireEvent.click(screen.getByTestId("annotations-all"));
  expect(screen.getAllByTestId("annotation")).toHaveLength(50);
  const whole = screen.getByTestId("feedback-whole");
  expect(whole.textContent).toBe("Show all of it");
  await fireEvent.click(whole);
  expect([whole.textContent, whole.getAttribute("aria-expanded")]).toEqual(["Show less", "true"]);
});

test("nothing that anybody wrote in a review becomes markup", async () => {
  const evil = "<img src=x onerror=alert(1)>[x](javascript:alert(1))";
  const item: FeedbackItem = {
    id: evil,
    kind: "FAILED_CHECK",
    author: evil,
    title: evil,
    body: evil,
    path: "src/types.ts",
    line: 2,
    annotations: [{ path: "src/types.ts", line: 2, level: evil, message: evil }],
    commit: "aa",
    url: "javascript:alert(1)",
    at: 1,
    taken: false,
    outdated: false,
  };
  show(AgentScreen, { id: "p02" }, { ...looked, feedback: async () => [item] });
  await fireEvent.click((await screen.findAllByText("src/types.ts:2"))[0] as HTMLElement);
  expect(await screen.findByTestId("diff-thread")).toBeTruthy();
  expect(document.querySelector("img, a[href]")).toBe(null);
  expect(screen.getByTestId("feedback").textContent).toContain(evil);
});
