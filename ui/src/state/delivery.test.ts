import { expect, test } from "vitest";
import { born } from "../backend/fake/born";
import { pulls } from "../backend/fake/pulls";
import type { Agent, PullRequest } from "../bindings";
import {
  canPropose,
  deliveryOf,
  deliveryText,
  pullRequestNews,
  pullRequestText,
  signingText,
} from "./delivery";
import { openText } from "./feedback";
import { count } from "./filter";
import { needsYou } from "./verbs";

const pull: PullRequest = {
  number: 12,
  url: "https://github.com/octo/web/pull/12",
  title: "Fix dates",
  state: "DRAFT",
  head: "aa",
  base: "main",
  checks: "NONE",
};

const agent = (more: Partial<Agent>): Agent => ({
  ...born("a", "Fix dates", "task", "octo/web", "agent/dates", 0).agent,
  ...more,
});

test("what a log of before does not say of delivery is the usual", () => {
  expect(deliveryText({})).toBe("you review and push · one commit · pull request on request");
  expect(deliveryOf({ followUp: true }).mostFollowUps).toBe(3);
});

test("a signature is explained, and so is one that cannot be made", () => {
  const fault = { code: "x", message: "sign the commits: no key", hint: null };
  expect(
    [
      { type: "off" as const },
      { type: "ssh" as const, key: "~/.ssh/id" },
      { type: "gpg" as const, key: null },
      { type: "impossible" as const, fault },
    ].map(signingText),
  ).toEqual([
    "Not signed: git is not set up to sign",
    "Signed with the SSH key ~/.ssh/id",
    "Signed with your GPG key",
    "Cannot be signed. Sign the commits: no key.",
  ]);
});

test("a completed agent with open feedback needs someone, until its pull request is over", () => {
  const waits = { status: "COMPLETED", feedbackOpen: 2, pullRequest: { ...pull, checks: "FAILED" } } as const;
  const merged = { ...waits, pullRequest: { ...pull, state: "MERGED" } } as const;
  expect([waits, merged, { ...waits, feedbackOpen: 0 }].map((more) => needsYou(agent(more)))).toEqual([
    true,
    false,
    false,
  ]);
  expect(count([agent(waits), agent(merged)]).needsYou).toBe(1);
  expect(openText(agent(waits))).toBe("checks failed, 2 to answer");
});

test("a pull request is summed up, and its checks only while it is open", () => {
  const texts = [
    pull,
    { ...pull, state: "OPEN", checks: "PENDING" } as const,
    { ...pull, state: "MERGED", checks: "FAILED" } as const,
  ];
  expect(texts.map(pullRequestText)).toEqual(["#12 draft", "#12 open, checks running", "#12 merged"]);
});

test("a pull request is offered for what was pushed to a place that has them, and only one at a time", () => {
  const pushed = { status: "COMPLETED", pushedCommit: "aa" } as const;
  const cases: [Partial<Agent>, boolean][] = [
    [pushed, true],
    [{ ...pushed, pushedCommit: null }, false],
    [{ ...pushed, status: "RUNNING" }, false],
    [{ ...pushed, pullRequest: pull }, false],
    [{ ...pushed, pullRequest: { ...pull, state: "MERGED" } }, false],
    [{ ...pushed, pushedCommit: "bb", pullRequest: { ...pull, state: "CLOSED" } }, true],
    [{ ...pushed, githubRepo: "/srv/git/web.git" }, false],
    [{ ...pushed, githubRepo: "https://git.example.com/octo/web" }, true],
  ];
  expect(cases.map(([more]) => canPropose(agent(more)))).toEqual(cases.map(([, expected]) => expected));
});

test("the recorded pull requests stand where their logs brought them", () => {
  const stands = pulls(0).map(({ agent: { id, pullRequest, feedbackOpen, followUps } }) => [
    id,
    pullRequest && pullRequestText(pullRequest),
    feedbackOpen,
    followUps,
  ]);
  expect(stands).toEqual([
    ["p01", "#141 draft, checks running", 0, 0],
    ["p02", "#142 open, checks failed", 4, 1],
    ["p03", "#143 open, checks passed", 0, 0],
    ["p04", "#144 merged", 0, 0],
    ["p05", null, 0, 0],
    ["p06", null, 0, 0],
    ["p07", "#147 closed", 0, 0],
    ["p08", "#148 open", 0, 0],
  ]);
});

test("what of the checks cannot be read is news, and so is that it can be again", () => {
  const part: PullRequest = { ...pull, withheld: ["CHECKS", "COMMIT_STATUSES", "JOB_LOGS"] };
  expect(pullRequestNews(pull, part)).toBe(
    "Pull request #12: checks, commit statuses and job logs cannot be read",
  );
  expect(pullRequestNews(part, { ...pull, withheld: [] })).toBe(
    "Pull request #12: checks, commit statuses and job logs can be read again",
  );
  expect(pullRequestNews(part, { ...part, title: "Other" })).toBe("Pull request #12 updated");
});
