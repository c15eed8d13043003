import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import type { Backend } from "../../backend/backend";
import type { NewAgent } from "../../bindings";
import { router } from "../../router.svelte";
import { show } from "../../test/render";
import CreateDialog from "./CreateDialog.svelte";

const field = (id: string) => screen.findByTestId<HTMLInputElement>(`create-${id}`);

async function fill(values: Record<string, string>): Promise<void> {
  for (const [id, value] of Object.entries(values))
    await fireEvent.input(await field(id), { target: { value } });
}

async function problemAt(id: string): Promise<string> {
  const input = await field(id);
  await waitFor(() => expect(input.getAttribute("aria-invalid")).toBe("true"));
  const note = document.getElementById(input.getAttribute("aria-describedby") ?? "");
  return [...(note?.children ?? [])].map((line) => line.textContent).join("\n");
}

const complete = { name: "Tidy up", task: "Tidy", repo: "octo/web" };

function refusing(code: string, message: string): Partial<Backend> {
  return { createAgent: () => Promise.reject({ code, message, hint: "Do this." }) };
}

test("the target branch follows the name until it is written by hand", async () => {
  show(CreateDialog, {});
  await fill({ name: "Tidy up" });
  await waitFor(async () => expect((await field("target")).value).toBe("agent/tidy-up"));
  await fill({ target: "mine", name: "Tidy more" });
  expect((await field("target")).value).toBe("mine");
});

test("problems are shown at their fields before anything is sent", async () => {
  show(CreateDialog, {}, { createAgent: () => Promise.reject(new Error("must not be asked")) });
  await fill({ name: "Fix flaky dates", repo: "octo/web", target: "main" });
  await fireEvent.click(await field("submit-start"));
  expect(await problemAt("name")).toBe("Another agent has this name.\nNames are unique among your agents.");
  expect(await problemAt("task")).toBe("Say what the agent is to do.");
  expect(await problemAt("target")).toBe(
    "The target is the source branch.\nAgents push to a branch of their own.",
  );
});

test.each([
  ["name_taken", "name"],
  ["task_empty", "task"],
  ["repository_invalid", "repo"],
  ["branch_invalid", "target"],
  ["target_is_source", "target"],
])("the fault %s is shown at the field %s with its hint", async (code, id) => {
  show(CreateDialog, {}, refusing(code, "create the agent: refused"));
  await fill(complete);
  await fireEvent.click(await field("submit-start"));
  expect(await problemAt(id)).toBe("Create the agent: refused.\nDo this.");
});

test("a fault of no field is shown above the form", async () => {
  show(CreateDialog, {}, refusing("store_failed", "write the agent: the disk is full"));
  await fill(complete);
  await fireEvent.click(await field("submit-start"));
  expect((await screen.findByTestId("error-banner")).textContent).toContain(
    "Write the agent: the disk is full",
  );
});

test("create and start sends what was filled in, starts it and opens it", async () => {
  const sent: NewAgent[] = [];
  const started: string[] = [];
  const backend = show(CreateDialog, {}, { start: async (id) => void started.push(id) });
  const create = backend.createAgent.bind(backend);
  backend.createAgent = (made) => {
    sent.push(made);
    return create(made);
  };
  await waitFor(async () => expect((await field("model")).value).toBe("scripted/refactor-to-typescript"));
  await fill(complete);
  await fireEvent.click(await field("submit-start"));
  await waitFor(() => expect(router.route).toEqual({ name: "agent", id: "n1" }));
  expect(started).toEqual(["n1"]);
  expect(sent).toEqual([
    {
      name: "Tidy up",
      task: "Tidy",
      githubRepo: "octo/web",
      sourceBranch: "main",
      targetBranch: "agent/tidy-up",
      model: { provider: "scripted", name: "refactor-to-typescript", baseUrl: null },
      limits: { tokens: 2_000_000, turns: 200, seconds: 3600 },
    },
  ]);
});

test("the form opens with its first field ready to type in", async () => {
  show(CreateDialog, {});
  const name = await field("name");
  await waitFor(() => expect(document.activeElement).toBe(name));
});

test("a container engine that does not answer is said in the form and can be checked again", async () => {
  const fault = { code: "engine_missing", message: "find a container engine", hint: "install Docker" };
  let state: "MISSING" | "READY" = "MISSING";
  show(
    CreateDialog,
    {},
    {
      engineStatus: async () => ({ state, fault: state === "MISSING" ? fault : null, version: null }),
    },
  );
  const banner = await screen.findByTestId("error-banner");
  expect([...banner.querySelectorAll("p")].map((line) => line.textContent)).toEqual([
    "Find a container engine.",
    "Install Docker.",
  ]);
  state = "READY";
  await fireEvent.click(screen.getByTestId("check-engine"));
  await waitFor(() => expect(screen.queryByTestId("error-banner")).toBe(null));
});

test("a model is named by its own label, and a recording is explained below it", async () => {
  show(CreateDialog, {});
  const model = await screen.findByTestId<HTMLSelectElement>("create-model");
  await waitFor(() => expect(model.options.length).toBe(2));
  expect([...model.options].map((option) => option.textContent.trim())).toEqual([
    "Demonstration: plays a recording for the sample repository",
    "OpenAI, or any server that is compatible with it",
  ]);
  const note = document.getElementById(model.getAttribute("aria-describedby") ?? "");
  expect(note?.textContent).toContain("No model thinks");
});
