import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import type { Backend } from "../../backend/backend";
import type { Issue, NewAgent } from "../../bindings";
import { show } from "../../test/render";
import CreateDialog from "./CreateDialog.svelte";

const field = (id: string) => screen.findByTestId<HTMLInputElement>(`create-${id}`);
const fill = async (id: string, value: string) => fireEvent.input(await field(id), { target: { value } });
const click = async (testid: string) => fireEvent.click(await screen.findByTestId(testid));

const issue = (number: number, title: string, more: Partial<Issue> = {}): Issue => ({
  ...{ number, title, body: "", author: "hana", labels: [], comments: 0, updatedAt: 0 },
  url: `https://github.com/octo/web/issues/${number}`,
  ...more,
});

const all = [
  issue(12, "Export as CSV", { labels: ["bug"], comments: 4, body: "<img src=x onerror=alert(1)> **bold**" }),
  issue(9, "Types"),
];

/** Opens the choice of an issue over these issues of octo/web. */
async function open(issues: Backend["issues"], more: Partial<Backend> = {}): Promise<void> {
  show(
    CreateDialog,
    {},
    { issues, issueTask: async (repo, number) => `Resolve #${number} of ${repo}`, ...more },
  );
  await fill("repo", "octo/web");
  await click("from-issue");
  await screen.findByRole("dialog", { name: "Start from an issue" });
}

test("an issue becomes the task, with a name and a target branch that can be changed", async () => {
  const asked: [string, string][] = [];
  await open(async (repo, text) => {
    asked.push([repo, text]);
    return all;
  });
  await fireEvent.click(await screen.findByRole("radio", { name: /Export as CSV/ }));
  expect(
    screen.getByRole("radio", { name: /Export as CSV/ }).closest("[data-testid=issue]")?.textContent,
  ).toMatch(/#12[^]*hana[^]*bug[^]*4\s*comments/);
  await click("use-issue");
  await waitFor(async () => expect((await field("task")).value).toBe("Resolve #12 of octo/web"));
  expect([(await field("name")).value, (await field("target")).value]).toEqual([
    "Export as CSV",
    "agent/issue-12",
  ]);
  expect(screen.getByText(/From issue #12, which anybody may have written/)).toBeTruthy();
  await fill("name", "Another name");
  expect((await field("target")).value).toBe("agent/issue-12");
  expect(asked).toEqual([["octo/web", ""]]);
});

test("a name that was written stays, and that a task would be replaced is said before", async () => {
  show(CreateDialog, {}, { issues: async () => all, issueTask: async () => "the issue" });
  await fill("repo", "octo/web");
  await fill("name", "Mine");
  await fill("task", "Something else");
  await click("from-issue");
  await fireEvent.click(await screen.findByRole("radio", { name: /Types/ }));
  expect(screen.getByText(/in place of what you wrote/)).toBeTruthy();
  await click("use-issue");
  await waitFor(async () => expect((await field("task")).value).toBe("the issue"));
  expect((await field("name")).value).toBe("Mine");
});

test("what an issue says is text, whatever it says", async () => {
  await open(async () => all);
  await fireEvent.click(await screen.findByRole("radio", { name: /Export as CSV/ }));
  const preview = await screen.findByTestId("issue-preview");
  expect(preview.querySelector("img, b, strong")).toBe(null);
  expect(preview.textContent).toContain("<img src=x onerror=alert(1)> **bold**");
});

test("without a repository that is asked for first", async () => {
  show(CreateDialog, {});
  await click("from-issue");
  const repo = await field("repo");
  await waitFor(() => expect(document.activeElement).toBe(repo));
  expect(screen.getByRole("alert").textContent.trim()).toBe("Name a repository first, then an issue of it.");
  await fill("repo", "octo/web");
  expect(repo.getAttribute("aria-invalid")).toBe("false");
});

test("issues are searched, and the arrow leads from the search into the list", async () => {
  const asked: string[] = [];
  await open(async (_repo, text) => {
    asked.push(text);
    return text ? [] : all;
  });
  await screen.findAllByTestId("issue");
  const search = screen.getByTestId("issue-search");
  await fireEvent.keyDown(search, { key: "ArrowDown" });
  const first = screen.getByRole<HTMLInputElement>("radio", { name: /Export as CSV/ });
  await waitFor(() => expect([document.activeElement, first.checked]).toEqual([first, true]));
  await fireEvent.input(search, { target: { value: "nothing" } });
  await screen.findByText("No open issue matches");
  expect([asked, screen.getByTestId<HTMLButtonElement>("use-issue").disabled]).toEqual([
    ["", "nothing"],
    true,
  ]);
});

test("issues that cannot be listed are said, and asked for again", async () => {
  let broken = true;
  const fault = { code: "forge_offline", message: "list the issues: reach github.com", hint: "wait" };
  await open(async () => (broken ? Promise.reject(fault) : all));
  expect((await screen.findByTestId("issues-failed")).textContent).toContain(
    "List the issues: reach github.com.",
  );
  broken = false;
  await click("issues-again");
  await screen.findAllByTestId("issue");
});

test("an issue that cannot be read leaves the choice open, with why", async () => {
  const fault = { code: "issue_unknown", message: "read issue 12: there is none", hint: null };
  await open(async () => all, { issueTask: () => Promise.reject(fault) });
  await fireEvent.click(await screen.findByRole("radio", { name: /Export as CSV/ }));
  await click("use-issue");
  expect((await screen.findByTestId("error-banner")).textContent).toContain("Read issue 12: there is none.");
});

test("how the work is handed over is chosen in the form, and a push without a review is warned of", async () => {
  const sent: NewAgent[] = [];
  const backend = show(CreateDialog, {});
  const create = backend.createAgent.bind(backend);
  backend.createAgent = (made) => {
    sent.push(made);
    return create(made);
  };
  await waitFor(async () => expect((await field("model")).value).toBe("claude-sonnet-4-5"));
  await fill("name", "Tidy up");
  await fill("task", "Tidy");
  await fill("repo", "octo/web");
  await click("delivery-toggle");
  const select = async (id: string, value: string) =>
    fireEvent.change(await screen.findByTestId(`delivery-${id}`), { target: { value } });
  await select("commits", "PER_INSTRUCTION");
  await select("pull-request", "DRAFT");
  await click("delivery-trailer");
  await click("delivery-follow-up");
  expect(screen.queryByTestId("delivery-warning")).toBe(null);
  await click("delivery-unreviewed");
  expect(screen.getByTestId("delivery-warning").textContent).toContain("Nobody reads the changes");
  await fireEvent.input(screen.getByTestId("delivery-most"), { target: { value: "0" } });
  await click("create-submit");
  expect(await screen.findByText("Write a number from 1 to 20.")).toBeTruthy();
  await fireEvent.input(screen.getByTestId("delivery-most"), { target: { value: "2" } });
  await click("create-submit");
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]?.delivery).toEqual({
    commits: "PER_INSTRUCTION",
    trailer: true,
    pushUnreviewed: true,
    pullRequest: "DRAFT",
    followUp: true,
    mostFollowUps: 2,
  });
});

test("a choice that is closed while its issue is read leaves the task as it is", async () => {
  let read: (task: string) => void = () => {};
  const reading = new Promise<string>((resolve) => (read = resolve));
  await open(async () => all, { issueTask: () => reading });
  await fireEvent.click(await screen.findByRole("radio", { name: /Export as CSV/ }));
  await click("use-issue");
  await fireEvent.keyDown(screen.getByTestId("issue-search"), { key: "Escape" });
  await waitFor(() => expect(screen.queryByTestId("use-issue")).toBe(null));
  await fill("task", "Mine");
  read("the issue");
  await reading;
  await new Promise((resolve) => setTimeout(resolve));
  expect([(await field("task")).value, (await field("name")).value]).toEqual(["Mine", ""]);
});
