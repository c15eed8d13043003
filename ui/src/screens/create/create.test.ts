import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import type { Backend } from "../../backend/backend";
import { RecordedModels } from "../../backend/fake/models";
import { usuallyExcluded } from "../../backend/fake/repository";
import type { NewAgent } from "../../bindings";
import { router } from "../../router.svelte";
import { field, fill, problemAt, provider, ready } from "../../test/creating";
import { show } from "../../test/render";
import CreateDialog from "./CreateDialog.svelte";

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

test("a fault of the model that stands in is shown at that one", async () => {
  const message = "use the model openai/gpt-5.1: the model's name is empty";
  show(CreateDialog, {}, refusing("model_empty", message));
  await ready();
  await fill(complete);
  await fireEvent.click(screen.getByTestId("create-add-fallback"));
  await fireEvent.click(await field("submit-start"));
  expect(await problemAt("fallback-model")).toContain("Use the model openai/gpt-5.1");
  expect((await field("model")).getAttribute("aria-invalid")).toBe("false");
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
  await waitFor(async () => expect((await field("model")).value).toBe("claude-sonnet-4-5"));
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
      historyDepth: null,
      model: { provider: "anthropic", name: "claude-sonnet-4-5", baseUrl: null, wire: null, effort: null },
      fallback: null,
      limits: { tokens: 2_000_000, turns: 200, seconds: 3600, money: 5_000_000 },
      files: { excluded: [...usuallyExcluded], only: [], protected: [] },
      delivery: {
        commits: "ONE",
        trailer: false,
        pushUnreviewed: false,
        pullRequest: "ON_REQUEST",
        followUp: false,
        mostFollowUps: 3,
      },
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

test("servers of this machine stand apart, and a recording is explained", async () => {
  show(CreateDialog, {});
  const select = await screen.findByTestId<HTMLSelectElement>("create-provider");
  await waitFor(() => expect(select.querySelectorAll("optgroup").length).toBe(2));
  const here = select.querySelector("optgroup");
  expect(here?.label).toBe("On this machine");
  expect(here?.textContent).toContain("Ollama · localhost:11434");
  expect(select.textContent).toContain("Gemini · no key");
  await provider("scripted");
  expect(await screen.findByText(/No model thinks/)).toBeTruthy();
  expect([screen.queryByTestId("key"), screen.queryByTestId("model-test")]).toEqual([null, null]);
});

test("models are searched, and their windows and prices are said, unknown where they are", async () => {
  show(CreateDialog, {});
  await ready();
  const model = await field("model");
  await fireEvent.input(model, { target: { value: "haiku" } });
  const options = screen.getAllByTestId("create-model-option");
  expect(options.map((option) => option.textContent)).toEqual([
    expect.stringMatching(/Claude Haiku 4.5.*200k window.*\$1.00 in · \$5.00 out/),
  ]);
  await fireEvent.keyDown(model, { key: "ArrowDown" });
  await fireEvent.keyDown(model, { key: "Enter" });
  expect(model.value).toBe("claude-haiku-4-5");
  await provider("ollama@http://localhost:11434");
  expect(await screen.findByText("262k window · price unknown")).toBeTruthy();
});

test("a key is kept without being shown again, and forgotten", async () => {
  const kept: [string, string][] = [];
  const backend = show(CreateDialog, {});
  const keepKey = backend.keepKey.bind(backend);
  backend.keepKey = (what, key) => {
    kept.push([what, key]);
    return keepKey(what, key);
  };
  await ready();
  await provider("gemini");
  const input = await screen.findByTestId<HTMLInputElement>("key-input");
  expect(input.type).toBe("password");
  await fireEvent.input(input, { target: { value: "AIza-secret" } });
  await fireEvent.click(screen.getByTestId("key-keep"));
  await waitFor(() => expect(screen.getByTestId("key").dataset.state).toBe("KEPT"));
  expect(kept).toEqual([["gemini", "AIza-secret"]]);
  expect(document.body.innerHTML).not.toContain("AIza-secret");
  await fireEvent.click(screen.getByTestId("key-forget"));
  await waitFor(() => expect(screen.getByTestId("key").dataset.state).toBe("MISSING"));
  expect(screen.getByTestId<HTMLInputElement>("key-input").value).toBe("");
});

test("a test says what is wrong and what to do, or that the model works", async () => {
  show(CreateDialog, {});
  await ready();
  const answer = () => screen.getByTestId("model-answer").textContent;
  await fireEvent.click(screen.getByTestId("model-test"));
  expect(answer()).toContain("Asking the model…");
  await waitFor(() => expect(answer()).toContain("Answers in 1.2 s and calls tools."));
  await provider("gemini");
  await waitFor(() => expect(answer()).toContain("A short request"));
  await fireEvent.click(screen.getByTestId("model-test"));
  await waitFor(() => expect(answer()).toContain("The provider refused the key (401).".slice(4)));
  expect(answer()).toContain("Check that the key is whole");
});

test("another model can stand in, and file rules unfold", async () => {
  show(CreateDialog, {});
  await ready();
  await fireEvent.click(screen.getByTestId("create-add-fallback"));
  expect((await screen.findByTestId<HTMLInputElement>("create-fallback-model")).value).toBe("gpt-5.1");
  await fireEvent.click(screen.getByTestId("files-toggle"));
  expect(screen.getByTestId<HTMLTextAreaElement>("files-excluded").value).toContain(".env\n.env.*");
});

test("providers that cannot be listed are said, and asked again", async () => {
  let broken = true;
  const recorded = new RecordedModels();
  const fault = { code: "keychain", message: "open the keychain", hint: null };
  show(CreateDialog, {}, { providers: () => (broken ? Promise.reject(fault) : recorded.providers()) });
  const failed = await screen.findByTestId("providers-failed");
  broken = false;
  await fireEvent.click(failed.querySelector("button") as HTMLElement);
  await waitFor(() => expect(screen.queryByTestId("providers-failed")).toBe(null));
});
