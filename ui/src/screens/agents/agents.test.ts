import { expect, test } from "vitest";
import type { Agent } from "../../bindings";
import { cast } from "../../backend/fake/cast";
import { activity } from "./activity";

const [running, asking, done, , idle, failed, pushed] = cast(0).map((run) => run.agent) as [
  Agent,
  Agent,
  Agent,
  Agent,
  Agent,
  Agent,
  Agent,
];

test("a row says what the agent does, asks or waits for", () => {
  const text = (agent: Agent) => activity(agent).text;
  expect([running, asking, done, idle, failed, pushed].map(text)).toEqual([
    "Edit src/dates.ts",
    "Which time zone should stored dates be in: UTC, or the server's own?",
    "Ready to review",
    "Not started",
    "Ask the model: the provider refused the key (401)",
    "Pushed 5b8e0c3",
  ]);
});

test("what needs someone stands out", () => {
  expect([running, asking, done, idle, failed, pushed].map((agent) => activity(agent).urgent)).toEqual([
    false,
    true,
    true,
    false,
    true,
    false,
  ]);
});

test("a push that failed is said, although the agent is completed", () => {
  const refused = { ...done, errorMessage: "push branch agent/licence-headers: the branch moved" };
  expect(activity(refused)).toEqual({
    text: "Push branch agent/licence-headers: the branch moved",
    urgent: true,
  });
});
