import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import type { Fault, PullRequestDraft } from "../../../bindings";
import { toasts } from "../../../test/pushing";
import { show } from "../../../test/render";
import AgentScreen from "../AgentScreen.svelte";

const fault: Fault = {
  code: "forge_unreachable",
  message: "open the pull request: no answer",
  hint: "try again",
};
const submit = () => screen.findByTestId<HTMLButtonElement>("pull-submit");

test("a pull request shows its number, state and checks, and opens its page", async () => {
  const pages: string[] = [];
  show(AgentScreen, { id: "p02" }, { openPage: async (url) => void pages.push(url) });
  const badge = await screen.findByTestId("pull-request");
  expect(badge.textContent?.replace(/\s+/g, " ").trim()).toBe("#142 Open checks failed");
  expect(badge.getAttribute("aria-label")).toBe("Pull request #142 open, checks failed: open its page");
  await fireEvent.click(badge);
  expect(pages).toEqual(["https://github.com/octo/web/pull/142"]);
});

test("what is merged shows no checks any more", async () => {
  show(AgentScreen, { id: "p04" });
  const badge = await screen.findByTestId("pull-request");
  expect(badge.textContent?.replace(/\s+/g, " ").trim()).toBe("#144 Merged");
});

test("a pull request is opened with what was written, as a draft where that is chosen", async () => {
  const opened: PullRequestDraft[] = [];
  show(AgentScreen, { id: "a07" }, { openPullRequest: async (_id, draft) => void opened.push(draft) });
  await fireEvent.click(await screen.findByTestId("propose"));
  const title = await screen.findByTestId<HTMLInputElement>("pull-title");
  expect(title.value).toBe("Remove dead feature flags");
  await fireEvent.input(title, { target: { value: "Remove flags" } });
  await fireEvent.input(screen.getByTestId("pull-body"), { target: { value: "They are on everywhere." } });
  await fireEvent.click(screen.getByTestId("pull-draft"));
  await fireEvent.keyDown(title, { key: "Enter", metaKey: true });
  await waitFor(() =>
    expect(opened).toEqual([{ title: "Remove flags", body: "They are on everywhere.", draft: true }]),
  );
  await waitFor(() => expect(screen.queryByRole("dialog")).toBe(null));
});

test("one that GitHub does not answer is given up, and what was written stays", async () => {
  const given: Fault = {
    code: "pull_request_cancelled",
    message: "open the pull request of agent/flags: cancelled",
    hint: null,
  };
  let refuse: (fault: Fault) => void = () => {};
  const cancelled: string[] = [];
  show(
    AgentScreen,
    { id: "a07" },
    {
      openPullRequest: () => new Promise<void>((_, reject) => (refuse = reject)),
      cancelPush: async (id) => {
        cancelled.push(id);
        refuse(given);
      },
    },
  );
  await fireEvent.click(await screen.findByTestId("propose"));
  const title = await screen.findByTestId<HTMLInputElement>("pull-title");
  await fireEvent.input(title, { target: { value: "Mine" } });
  expect(screen.queryByTestId("pull-cancel")).toBe(null);
  await fireEvent.click(await submit());
  await fireEvent.click(await screen.findByTestId("pull-cancel"));
  expect((await screen.findByTestId("error-banner")).textContent).toContain("Cancelled".toLowerCase());
  expect([cancelled, title.value]).toEqual([["a07"], "Mine"]);
  await waitFor(async () => expect((await submit()).disabled).toBe(false));
});

test("one without a title is not opened", async () => {
  show(AgentScreen, { id: "a07" });
  await fireEvent.click(await screen.findByTestId("propose"));
  await fireEvent.input(await screen.findByTestId("pull-title"), { target: { value: " " } });
  expect((await submit()).disabled).toBe(true);
});

test("one that cannot be opened keeps what was written and says what to do", async () => {
  show(AgentScreen, { id: "a07" }, { openPullRequest: () => Promise.reject(fault) });
  await fireEvent.click(await screen.findByTestId("propose"));
  const title = await screen.findByTestId<HTMLInputElement>("pull-title");
  await fireEvent.input(title, { target: { value: "Mine" } });
  await fireEvent.click(await submit());
  expect((await screen.findByTestId("error-banner")).textContent).toContain(
    "Open the pull request: no answer.",
  );
  expect(title.value).toBe("Mine");
});

test("a draft that cannot be made is asked for again", async () => {
  let answers = false;
  const draft = { title: "T", body: "B", draft: false };
  show(
    AgentScreen,
    { id: "a07" },
    { pullRequestDraft: async () => (answers ? draft : Promise.reject(fault)) },
  );
  await fireEvent.click(await screen.findByTestId("propose"));
  expect((await screen.findByTestId("draft-failed")).textContent).toContain("No pull request was opened.");
  answers = true;
  await fireEvent.click(screen.getByText("Try again"));
  expect(await screen.findByTestId("pull-title")).toBeTruthy();
});

test("a dialog that is closed while the pull request is opened loses neither its end nor what was written", async () => {
  let refuse: (fault: Fault) => void = () => {};
  let asked = 0;
  const openPullRequest = () => new Promise<void>((_, reject) => ((asked += 1), (refuse = reject)));
  show(AgentScreen, { id: "a07" }, { openPullRequest });
  const close = async () => {
    await fireEvent.keyDown(screen.getByRole("dialog"), { key: "Escape" });
    await waitFor(() => expect(screen.queryByRole("dialog")).toBe(null));
  };
  await fireEvent.click(await screen.findByTestId("propose"));
  await fireEvent.input(await screen.findByTestId("pull-title"), { target: { value: "Mine" } });
  await fireEvent.click(await submit());
  await close();
  await fireEvent.click(screen.getByTestId("propose"));
  expect([(await submit()).disabled, await screen.findByTestId("pull-cancel")]).toEqual([
    true,
    expect.anything(),
  ]);
  await close();
  refuse(fault);
  await waitFor(() => expect(toasts()).toContain("Open the pull request: no answer."));
  await fireEvent.click(screen.getByTestId("propose"));
  expect((await screen.findByTestId<HTMLInputElement>("pull-title")).value).toBe("Mine");
  expect(asked).toBe(1);
});

test("a dialog that is opened again before the first answer loses nothing that was written", async () => {
  const draft = { title: "T", body: "B", draft: false };
  const answers: (() => void)[] = [];
  const pullRequestDraft = () =>
    new Promise<PullRequestDraft>((resolve) => answers.push(() => resolve({ ...draft })));
  show(AgentScreen, { id: "a07" }, { pullRequestDraft });
  const title = () => screen.findByTestId<HTMLInputElement>("pull-title");
  const open = async () => fireEvent.click(await screen.findByTestId("propose"));
  const close = async () => {
    await fireEvent.keyDown(screen.getByRole("dialog"), { key: "Escape" });
    await waitFor(() => expect(screen.queryByRole("dialog")).toBe(null));
  };
  await open();
  answers[0]?.();
  await fireEvent.input(await title(), { target: { value: "Mine" } });
  for (const times of [1, 2]) {
    await close();
    await open();
    await waitFor(() => expect(answers).toHaveLength(times + 1));
  }
  answers[1]?.();
  answers[2]?.();
  expect((await title()).value).toBe("Mine");
});
