import { expect, test } from "vitest";
import type { Agent } from "../bindings";
import { born } from "../backend/fake/cast";
import { count, select } from "./filter";

function agent(more: Partial<Agent>): Agent {
  return { ...born("a", "Fix dates", "task", "octo/api", "agent/dates", 0).agent, ...more };
}

test("filters count agents that run, need someone and are done", () => {
  const agents = [
    agent({ status: "RUNNING" }),
    agent({ status: "PAUSED" }),
    agent({ status: "ERROR" }),
    agent({ status: "COMPLETED" }),
    agent({ status: "COMPLETED", errorMessage: "push the branch: refused" }),
    agent({ waiting: true }),
    agent({}),
  ];
  expect(count(agents)).toEqual({ all: 7, running: 2, needsYou: 3, completed: 2 });
});

test("a search finds agents that hold all of its words, newest first", () => {
  const agents = [
    agent({ id: "1", createdAt: 1 }),
    agent({ id: "2", createdAt: 2, name: "Other" }),
    agent({ id: "3", createdAt: 3 }),
  ];
  expect(select(agents, "all", " OCTO dates fix ").map(({ id }) => id)).toEqual(["3", "1"]);
});

test("a row moves when its agent is started, done or pushed, and stays while agents only work", () => {
  const one = agent({ id: "1", status: "RUNNING", startedAt: 10, updatedAt: 12 });
  const two = agent({ id: "2", status: "RUNNING", startedAt: 11, updatedAt: 11 });
  const order = (...agents: Agent[]) => select(agents, "all", "").map(({ id }) => id);
  expect([
    order(one, two),
    order({ ...one, updatedAt: 20 }, two),
    order({ ...one, completedAt: 20 }, two),
    order({ ...one, pushedAt: 20 }, { ...two, completedAt: 15 }),
  ]).toEqual([
    ["2", "1"],
    ["2", "1"],
    ["1", "2"],
    ["1", "2"],
  ]);
});
