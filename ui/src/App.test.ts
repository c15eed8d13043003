import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import type { Backend } from "./backend/backend";
import { fakeBackend } from "./backend/fake/fake";
import { paths, router } from "./router.svelte";

let visit: (id: string) => void = () => {};

/** Opens the window at a path. */
function open(path: string, more: Partial<Backend> = {}): void {
  router.go(path);
  const watchVisits: Backend["watchVisits"] = (heard) => {
    visit = heard;
    return () => undefined;
  };
  const backend = Object.assign(fakeBackend("still"), { watchVisits, ...more });
  render(App, { props: { backend, theme: "light" } });
}

const field = (id: string) => screen.findByTestId<HTMLInputElement>(id);
const fill = async (id: string, value: string) => fireEvent.input(await field(id), { target: { value } });
const click = async (id: string) => fireEvent.click(await screen.findByTestId(id));

/** Goes to an agent and waits for its screen. */
async function enter(id: string): Promise<void> {
  router.go(paths.agent(id));
  await screen.findByTestId("instruct-input");
}

/** Goes back to the list and waits for it. */
async function leave(): Promise<void> {
  router.go(paths.agents);
  await screen.findByRole("grid");
}

beforeEach(() => router.go(paths.agents));

test("a second start shows its agent, and what is typed in the open page stays", async () => {
  open(paths.agent("a01"));
  await fill("instruct-input", "Half a sen");
  visit("a03");
  await waitFor(() => expect(document.title).toContain("Add licence headers"));
  expect((await field("instruct-input")).value).toBe("");
  visit("a01");
  await waitFor(async () => expect((await field("instruct-input")).value).toBe("Half a sen"));
});

test("a form that is left is there when it is opened again, until it is begun anew", async () => {
  open(paths.create);
  await waitFor(async () => expect((await field("create-model")).value).toBe("claude-sonnet-4-5"));
  expect(screen.queryByTestId("create-anew")).toBe(null);
  await fill("create-name", "Tidy up");
  await fill("create-target", "mine");
  await fill("create-task", "Tidy");
  await fill("create-repo", "octo/web");
  await fill("create-source", "next");
  await fireEvent.input(screen.getByTestId("files-excluded"), { target: { value: "*.key" } });
  await fireEvent.keyDown(screen.getByRole("dialog"), { key: "Escape" });
  await waitFor(() => expect(screen.queryByRole("dialog")).toBe(null));

  router.go(paths.create);
  const values = async () =>
    (await Promise.all(["create-name", "create-target", "create-task", "files-excluded"].map(field))).map(
      ({ value }) => value,
    );
  expect(await values()).toEqual(["Tidy up", "mine", "Tidy", "*.key"]);
  await fireEvent.blur(await field("create-repo"));
  await screen.findByText(/branches/);
  expect((await field("create-source")).value).toBe("next");
  await click("create-anew");
  await waitFor(async () => expect((await values()).slice(0, 3)).toEqual(["", "", ""]));
  await waitFor(async () => expect((await values())[3]).toContain(".env"));
});

test("a form with a model of its own that is left while the models are listed again creates nothing", async () => {
  const recorded = fakeBackend("still");
  const models = await recorded.providers();
  let list: () => void = () => {};
  let listed: Promise<void> = Promise.resolve();
  const asked: unknown[] = [];
  open(paths.create, {
    providers: async () => (await listed, models),
    createAgent: (made) => (asked.push(made), recorded.createAgent(made)),
  });
  await waitFor(async () => expect((await field("create-model")).value).toBe("claude-sonnet-4-5"));
  for (const [id, value] of Object.entries({ name: "Tidy up", task: "Tidy", repo: "octo/web" }))
    await fill(`create-${id}`, value);
  const close = async () => {
    await fireEvent.keyDown(screen.getByRole("dialog"), { key: "Escape" });
    await waitFor(() => expect(screen.queryByRole("dialog")).toBe(null));
  };
  await close();
  listed = new Promise((resolve) => (list = resolve));
  router.go(paths.create);
  await click("create-submit-start");
  await screen.findByText("Waiting for the list of models…");
  await close();
  list();
  await listed;
  await new Promise((resolve) => setTimeout(resolve));
  expect([asked, router.route]).toEqual([[], { name: "agents", creating: false }]);
});

test("what was created is not offered again", async () => {
  open(paths.create);
  await waitFor(async () => expect((await field("create-model")).value).toBe("claude-sonnet-4-5"));
  await fill("create-name", "Tidy up");
  await fill("create-task", "Tidy");
  await fill("create-repo", "octo/web");
  await click("create-submit");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBe(null));
  router.go(paths.create);
  expect((await field("create-name")).value).toBe("");
});

test("an answer that was not sent waits with its question", async () => {
  open(paths.agent("a02"));
  await fill("answer-input", "UTC, I thi");
  await leave();
  await enter("a02");
  expect((await field("answer-input")).value).toBe("UTC, I thi");
});

test("a pull request that is written, and one that is on its way, outlive the agent's screen", async () => {
  let opened: () => void = () => {};
  open(paths.agent("a07"), { openPullRequest: () => new Promise<void>((resolve) => (opened = resolve)) });
  await click("propose");
  await fill("pull-title", "Mine");
  await leave();
  await enter("a07");
  await click("propose");
  expect((await field("pull-title")).value).toBe("Mine");
  await click("pull-submit");
  await leave();
  await enter("a07");
  await click("propose");
  await screen.findByTestId("pull-cancel");
  expect(screen.getByTestId<HTMLButtonElement>("pull-submit").disabled).toBe(true);
  opened();
  await waitFor(() => expect(screen.queryByRole("dialog")).toBe(null));
});

test("a push whose commits are still being made can be cancelled by who comes back to it", async () => {
  const cancelled: string[] = [];
  open(paths.agent("a03"), {
    push: () => new Promise<void>(() => undefined),
    cancelPush: async (id) => void cancelled.push(id),
  });
  await click("push");
  await click("push-now");
  await leave();
  await enter("a03");
  await click("push");
  await click("push-cancel");
  expect(cancelled).toEqual(["a03"]);
});

test("who comes back to the list finds its search, its filter and the row that led away", async () => {
  open(paths.agents);
  const row = (name: string) => screen.findByTestId(`agent-row-${name}`);
  await fireEvent.input(await screen.findByPlaceholderText("Search"), { target: { value: "octo" } });
  await fireEvent.click(screen.getByRole("button", { name: /^Needs you/ }));
  const first = document.querySelector<HTMLElement>("[data-testid^=agent-row-]");
  const name = first?.dataset.testid?.slice("agent-row-".length) ?? "";
  (await row(name)).focus();
  await fireEvent.keyDown(await row(name), { key: "Enter" });
  await screen.findByTestId("instruct-input");
  expect(document.activeElement?.tagName).toBe("H1");
  await leave();
  expect(screen.getByPlaceholderText<HTMLInputElement>("Search").value).toBe("octo");
  expect(screen.getByRole("button", { name: /^Needs you/ }).getAttribute("aria-pressed")).toBe("true");
  await waitFor(async () => expect(document.activeElement).toBe(await row(name)));
});

test("a search that finds something again leaves the focus where it is typed", async () => {
  open(paths.agents);
  await enter("a01");
  await leave();
  const search = screen.getByPlaceholderText<HTMLInputElement>("Search");
  search.focus();
  for (const value of ["nothing has this", "octo"]) await fireEvent.input(search, { target: { value } });
  await screen.findByRole("grid");
  expect(document.activeElement).toBe(search);
});

test("who opens an agent by keys goes on from its heading, and from its row when they are back", async () => {
  open(paths.agents);
  const row = (await screen.findAllByTestId(/^agent-row-/))[0] as HTMLElement;
  const id = row.dataset.testid ?? "";
  row.focus();
  await fireEvent.keyDown(row, { key: "Enter" });
  await screen.findByTestId("instruct-input");
  await waitFor(() => expect(document.activeElement?.tagName).toBe("H1"));
  await fireEvent.keyDown(document.activeElement as HTMLElement, { key: "Escape" });
  await screen.findByRole("grid");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId(id)));
});
