import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { fakeBackend } from "../../../backend/fake/fake";
import { recordedPlan } from "../../../backend/fake/plans";
import type { Agent, Fault } from "../../../bindings";
import { button, dialog, failed, opened } from "../../../test/pushing";

const messages = () => screen.findAllByTestId<HTMLTextAreaElement>("push-message");
const fault: Fault = {
  code: "push_rejected",
  message: "push the branch: refused by a hook",
  hint: "ask for access",
};

test("a push is read first, and Control and Enter sends the tree that was read with its messages", async () => {
  const { calls } = await opened("a03");
  const [message] = await messages();
  expect(screen.getByTestId("push-sender").textContent).toContain(
    "Octo Cat 583231+octocat@users.noreply.github.com",
  );
  expect(screen.getByTestId("push-signing").textContent?.trim()).toBe(
    "Signed with the SSH key ~/.ssh/id_ed25519.pub",
  );
  expect(calls).toEqual([]);
  await fireEvent.input(message as HTMLElement, { target: { value: "Add headers" } });
  await fireEvent.keyDown(message as HTMLElement, { key: "Enter", ctrlKey: true });
  await waitFor(() =>
    expect(calls).toEqual([["push", "a03", { tree: "77aa", messages: ["Add headers"], reapply: false }]]),
  );
  expect((await button()).textContent?.trim()).toBe("Pushing…");
});

test("the dialog closes when the log says that the push went through", async () => {
  const { tell } = await opened("a03");
  await fireEvent.click(await button());
  await waitFor(async () => expect((await button()).textContent).toContain("Pushing"));
  tell({ type: "noted", message: "still at it" }, { status: "COMPLETED" });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(dialog()).not.toBe(null);
  tell({ type: "pushCompleted", branch: "b", commit: "c", created: true }, { status: "COMPLETED" });
  await waitFor(() => expect(dialog()).toBe(null));
});

test("a push that fails on its way stays in the dialog with what to do, and can be begun again", async () => {
  const { tell, calls } = await opened("a03");
  await fireEvent.click(await button());
  await waitFor(async () => expect((await button()).textContent).toContain("Pushing"));
  tell({ type: "pushFailed", fault }, { status: "COMPLETED", ...failed(fault) });
  const banner = await within(dialog() as HTMLElement).findByTestId("error-banner");
  expect(banner.textContent).toContain("Push the branch: refused by a hook.");
  expect(banner.textContent).toContain("Ask for access.");
  await waitFor(async () => expect((await button()).disabled).toBe(false));
  await fireEvent.click(await button());
  await waitFor(() => expect(calls.filter(([name]) => name === "push")).toHaveLength(2));
});

test("a push that is refused at once says why", async () => {
  await opened("a03", { push: () => Promise.reject(fault) });
  await fireEvent.click(await button());
  const banner = await within(dialog() as HTMLElement).findByTestId("error-banner");
  expect(banner.textContent).toContain("Refused by a hook".toLowerCase());
});

test("a commit without a message is not pushed", async () => {
  const { calls } = await opened("a03");
  const [message] = await messages();
  await fireEvent.input(message as HTMLElement, { target: { value: "  " } });
  expect((await button()).disabled).toBe(true);
  expect(screen.getByText("A commit needs a message.")).toBeTruthy();
  await fireEvent.keyDown(message as HTMLElement, { key: "Enter", ctrlKey: true });
  expect(calls).toEqual([]);
});

test("commits can be one for each instruction, and a new plan brings their messages", async () => {
  let style = "ONE";
  const { calls } = await opened(
    "a03",
    { setDelivery: async (_id, delivery) => void (style = delivery.commits ?? "ONE") },
    (plan) =>
      style === "ONE"
        ? plan
        : { ...plan, commits: [1, 2].map((n) => ({ tree: `${n}`, message: `Step ${n}`, files: n })) },
  );
  await fireEvent.click(await screen.findByTestId("commits-PER_INSTRUCTION"));
  await waitFor(async () =>
    expect((await messages()).map(({ value }) => value)).toEqual(["Step 1", "Step 2"]),
  );
  expect(calls.map(([name, id, delivery]) => [name, id, (delivery as { commits: string }).commits])).toEqual([
    ["setDelivery", "a03", "PER_INSTRUCTION"],
  ]);
});

test("another branch is looked at before anything goes there", async () => {
  const { calls } = await opened("a03");
  const field = await screen.findByTestId<HTMLInputElement>("push-branch");
  await fireEvent.input(field, { target: { value: "agent/other" } });
  expect((await button()).textContent).toContain("Use this branch");
  await fireEvent.click(await button());
  await waitFor(() => expect(calls).toEqual([["setTargetBranch", "a03", "agent/other"]]));
  await waitFor(async () => expect((await button()).textContent).toMatch(/^\s*Push\b/));
});

test("the source branch is refused, with what to do", async () => {
  await opened("a03");
  const field = await screen.findByTestId<HTMLInputElement>("push-branch");
  await fireEvent.input(field, { target: { value: "main" } });
  await fireEvent.change(field);
  const banner = await within(dialog() as HTMLElement).findByTestId("error-banner");
  expect(banner.textContent).toContain("Choose another target branch.");
});

test("a branch that moved is left alone: the work goes under a free name unless the user says otherwise", async () => {
  const { calls } = await opened("p05");
  const notice = await screen.findByTestId("moved");
  expect(notice.textContent).toContain("Somebody else pushed to agent/flaky-tests");
  expect((await button()).textContent).toContain("Push to agent/flaky-tests-2");
  await fireEvent.click(await button());
  await waitFor(() => expect(calls.map(([name]) => name)).toEqual(["setTargetBranch", "push"]));
  expect(calls[0]).toEqual(["setTargetBranch", "p05", "agent/flaky-tests-2"]);
  expect(calls[1]?.[2]).toMatchObject({ tree: "77aa", reapply: false });
});

test("re-applying is what it says on the button, and nothing is renamed for it", async () => {
  const { calls } = await opened("p05");
  await fireEvent.click(await screen.findByTestId("moved-reapply"));
  expect((await button()).textContent).toContain("Re-apply and push");
  await fireEvent.click(await button());
  await waitFor(() => expect(calls.map(([name]) => name)).toEqual(["push"]));
  expect(calls[0]?.[2]).toMatchObject({ reapply: true });
});

test("where both changed the same places nothing can be re-applied, and the places are shown", async () => {
  await opened("p06");
  expect((await screen.findByTestId<HTMLInputElement>("moved-reapply")).disabled).toBe(true);
  const [text, binary] = screen.getAllByTestId("conflict");
  await fireEvent.click(within(text as HTMLElement).getByRole("button"));
  expect((text as HTMLElement).querySelector("pre")?.textContent).toContain("<<<<<<< the branch");
  expect(binary?.textContent).toContain("cannot be shown as text");
});

test("risks are grouped with the gravest first, and one leads to its line in the differences", async () => {
  await opened("a03");
  const kinds = (await screen.findAllByTestId("risk-group")).map((group) => group.dataset.kind);
  expect(kinds.slice(0, 3)).toEqual(["SECRET", "WORKFLOW", "HOOK"]);
  await fireEvent.click(screen.getByText("src/dates.ts:6"));
  await waitFor(() => expect(dialog()).toBe(null));
  await waitFor(() => expect(screen.getByTestId("diff-view").dataset.path).toBe("src/dates.ts"));
  await waitFor(() => expect(document.querySelector(".sought")?.textContent).toContain("toLocaleDateString"));
});

test("risks that are too many to be listed are counted", async () => {
  const risks = Array.from({ length: 60 }, (_, n) => ({
    kind: "SECRET" as const,
    path: `${n}.txt`,
    line: 1,
    detail: "looks like a token",
  }));
  await opened("a03", {}, (plan) => ({ ...plan, risks, risksLeftOut: [{ kind: "SECRET", count: 1_200 }] }));
  expect((await screen.findByTestId("risks-more")).textContent).toContain("and 1,210 more");
  expect(screen.getByTestId("risks").textContent).toContain("1,260 things to look at first");
});

test("nothing to flag is said in words", async () => {
  await opened("a10");
  expect((await screen.findByTestId("risks-none")).textContent).toContain("Nothing to flag");
});

test("a plan that cannot be made says why, and is asked for again", async () => {
  let offline = true;
  const plan = recordedPlan((await fakeBackend("still").agents()).find(({ id }) => id === "a03") as Agent, 0);
  await opened("a03", { pushPlan: async () => (offline ? Promise.reject(fault) : plan) });
  expect((await screen.findByTestId("plan-failed")).textContent).toContain("Nothing was pushed.");
  offline = false;
  await fireEvent.click(screen.getByTestId("plan-again"));
  expect(await button()).toBeTruthy();
});

test("a pull request afterwards is kept as a wish of the agent, and not offered to a folder", async () => {
  const { calls } = await opened("a03");
  await fireEvent.change(await screen.findByTestId("push-pull-request"), { target: { value: "DRAFT" } });
  await waitFor(() =>
    expect(calls.map(([, , delivery]) => delivery)).toMatchObject([{ pullRequest: "DRAFT" }]),
  );
});

test("a folder has no pull requests", async () => {
  await opened("a10");
  await button();
  expect(screen.queryByTestId("push-pull-request")).toBe(null);
});

test("nothing that a repository or a server wrote becomes markup", async () => {
  const evil = "<img src=x onerror=alert(1)>";
  await opened("a03", {}, (plan) => ({
    ...plan,
    risks: [{ kind: "SECRET", path: evil, line: 1, detail: evil }],
    moved: { tip: "aa", summary: evil, at: 0, freeName: evil, conflicts: [{ path: evil, preview: evil }] },
    authorName: evil,
  }));
  await button();
  await fireEvent.click(within(screen.getByTestId("conflict")).getByRole("button"));
  expect(document.querySelector("img")).toBe(null);
  expect(dialog()?.textContent).toContain(evil);
});
