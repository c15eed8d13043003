import { cleanup, fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import type { Backend } from "../../backend/backend";
import { RecordedModels } from "../../backend/fake/models";
import type { NewAgent } from "../../bindings";
import { router } from "../../router.svelte";
import { fill, field, problemAt, provider, ready } from "../../test/creating";
import { show } from "../../test/render";
import CreateDialog from "./CreateDialog.svelte";

const complete = { name: "Tidy up", task: "Tidy", repo: "octo/web" };

/** Counts what is asked to be created, which never is. */
function counting() {
  const asked: NewAgent[] = [];
  const createAgent: Backend["createAgent"] = (made) => (asked.push(made), new Promise(() => undefined));
  return { asked, createAgent };
}

/** Waits until a request to create was answered or refused. */
const answered = () =>
  waitFor(async () =>
    expect((await screen.findByTestId<HTMLButtonElement>("create-submit-start")).disabled).toBe(false),
  );

test("problems are shown at their fields before anything is sent", async () => {
  const { asked, createAgent } = counting();
  show(CreateDialog, {}, { createAgent });
  await fill({ name: "Fix flaky dates", repo: "octo/web", target: "main" });
  await fireEvent.click(await field("submit-start"));
  expect(await problemAt("name")).toBe("Another agent has this name.\nNames are unique among your agents.");
  expect(await problemAt("task")).toBe("Say what the agent is to do.");
  expect(await problemAt("target")).toBe(
    "The target is the source branch.\nAgents push to a branch of their own.",
  );
  await answered();
  expect(asked).toEqual([]);
});

test("a model without a known price asks for a token limit beside a money limit", async () => {
  const { asked, createAgent } = counting();
  show(CreateDialog, {}, { createAgent });
  await ready();
  await provider("ollama@http://localhost:11434");
  await fill({ ...complete, "limit-tokens": "" });
  await fireEvent.click(await field("submit-start"));
  expect(await screen.findByText(/The price of this model is not known/)).toBeTruthy();
  await answered();
  expect(asked).toEqual([]);
});

/** Opens a form that is filled in and whose models are listed when the test says so. */
async function waitingForModels() {
  const { asked, createAgent } = counting();
  const models = await new RecordedModels().providers();
  let list: () => void = () => {};
  const listed = new Promise<void>((resolve) => (list = resolve));
  const providers = async () => (await listed, models);
  show(CreateDialog, {}, { createAgent, providers });
  await fill(complete);
  return { asked, list };
}

/** Lets everything go on that waits for nothing from outside. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

test("a form that is left while it waits for the models creates nothing", async () => {
  const warned = vi.spyOn(console, "warn");
  const { asked, list } = await waitingForModels();
  await fireEvent.click(await field("submit-start"));
  expect(await screen.findByText("Waiting for the list of models…")).toBeTruthy();
  cleanup();
  list();
  await settled();
  expect([asked, warned.mock.calls]).toEqual([[], []]);
});

test("a form that is sent twice creates one agent", async () => {
  const { asked, list } = await waitingForModels();
  for (const key of ["Enter", "Enter"]) await fireEvent.keyDown(await field("name"), { key, ctrlKey: true });
  list();
  await waitFor(() => expect(asked).toHaveLength(1));
  await fireEvent.keyDown(await field("name"), { key: "Enter", ctrlKey: true });
  await settled();
  expect(asked).toHaveLength(1);
});

test("a form that is left while its agent is created starts nothing and leads nowhere", async () => {
  const started: string[] = [];
  const backend = show(CreateDialog, {}, { start: async (id) => void started.push(id) });
  const create = backend.createAgent.bind(backend);
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  let asked = 0;
  backend.createAgent = async (made) => ((asked += 1), await held, create(made));
  await fill(complete);
  await fireEvent.click(await field("submit-start"));
  await waitFor(() => expect(asked).toBe(1));
  const before = router.route;
  cleanup();
  release();
  await settled();
  expect([started, router.route]).toEqual([[], before]);
});
