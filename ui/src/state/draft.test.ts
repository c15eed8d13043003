import { expect, test } from "vitest";
import { born } from "../backend/fake/cast";
import { check, type Draft, emptyDraft, fieldOf, limitsDraft, suggestTarget, toNewAgent } from "./draft";

const complete: Draft = {
  ...emptyDraft,
  name: " Fix dates ",
  task: "Fix them",
  repository: "octo/api",
  target: "agent/fix-dates",
  modelName: "refactor",
};

function problems(more: Partial<Draft>): Record<string, string> {
  const others = [born("1", "Taken", "", "", "", 0).agent];
  const found = check({ ...complete, ...more }, others);
  return Object.fromEntries(Object.entries(found).map(([field, problem]) => [field, problem.message]));
}

test("a complete draft has no problem", () => {
  expect(problems({})).toEqual({});
});

test("each empty field is named", () => {
  expect(Object.keys(problems({ name: " ", task: "", repository: "", source: "", target: "" }))).toEqual([
    "name",
    "task",
    "repository",
    "source",
    "target",
  ]);
});

test("a name that another agent has is refused", () => {
  expect(problems({ name: "Taken" })).toEqual({ name: "Another agent has this name." });
});

test("the target cannot be the source", () => {
  expect(problems({ target: " main " })).toEqual({ target: "The target is the source branch." });
});

test("a server needs a model's name, and its address may be left out", () => {
  const server = { provider: "openai", modelName: "qwen", baseUrl: "http://localhost:11434/v1" };
  expect(problems(server)).toEqual({});
  expect(problems({ ...server, baseUrl: "" })).toEqual({});
  expect(problems({ ...server, modelName: "" })).toEqual({ model: "Name the model." });
  expect(problems({ ...server, baseUrl: "localhost" })).toEqual({
    address: "This is no address of a server.",
  });
});

test("limits are whole numbers above zero or nothing", () => {
  expect(problems({ tokens: "2,000 000", turns: "", minutes: "1" })).toEqual({});
  for (const tokens of ["0", "-1", "1.5", "many", "99999999999"]) {
    expect(problems({ tokens })).toEqual({ limits: "Limits are whole numbers above zero." });
  }
});

test("a draft becomes the request that the engine takes", () => {
  expect(toNewAgent({ ...complete, turns: "", minutes: "90" })).toEqual({
    name: "Fix dates",
    task: "Fix them",
    githubRepo: "octo/api",
    sourceBranch: "main",
    targetBranch: "agent/fix-dates",
    model: { provider: "scripted", name: "refactor", baseUrl: null },
    limits: { tokens: 2_000_000, turns: null, seconds: 5400 },
  });
});

test("limits are shown as they are typed", () => {
  expect(limitsDraft({ tokens: 1500, turns: null, seconds: 90 })).toEqual({
    tokens: "1,500",
    turns: "",
    minutes: "2",
  });
});

test("a target branch is suggested from the name", () => {
  expect(["Fix flaky dates!", "Über-Größe", "  ", "日本"].map(suggestTarget)).toEqual([
    "agent/fix-flaky-dates",
    "agent/uber-gro-e",
    "",
    "",
  ]);
});

test("a fault of the engine goes to its field by its code", () => {
  const fault = (code: string, message = "") => ({ code, message, hint: null });
  expect(fieldOf(fault("name_taken"), complete)).toBe("name");
  expect(fieldOf(fault("repository_invalid"), complete)).toBe("repository");
  expect(fieldOf(fault("branch_invalid", "use the branch agent/fix-dates"), complete)).toBe("target");
  expect(fieldOf(fault("branch_invalid", "use the branch main"), complete)).toBe("source");
  expect(fieldOf(fault("engine_stopped"), complete)).toBe(null);
});
