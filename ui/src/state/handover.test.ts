import { expect, test } from "vitest";
import type { EventKind, Feedback, FeedbackItem, PullRequest } from "../bindings";
import { isOpenItem, levelOf, lineNotes, ordered } from "./feedback";
import { counted } from "./handover";
import { emptyLog, type Log, reduceAll } from "./reduce";
import { groups } from "./risks";

const pull: PullRequest = {
  number: 12,
  url: "https://github.com/octo/web/pull/12",
  title: "Fix dates",
  state: "DRAFT",
  head: "aa",
  base: "main",
  checks: "NONE",
};

const feedback = (id: string, more: Partial<Feedback> = {}): Feedback => ({
  id,
  kind: "COMMENT",
  author: "maya",
  title: "Why?",
  body: "Why?",
  path: null,
  line: null,
  annotations: [],
  commit: "aa",
  url: "https://github.com/octo/web/pull/12",
  at: 1,
  ...more,
});
const item = (id: string, more: Partial<FeedbackItem> = {}): FeedbackItem => ({
  ...feedback(id, more),
  taken: false,
  outdated: false,
  ...more,
});

function log(...kinds: EventKind[]): Log {
  return reduceAll(
    emptyLog,
    kinds.map((kind, index) => ({ seq: index + 1, at: index + 1, kind })),
  );
}

const rows = (...kinds: EventKind[]) =>
  log(...kinds).rows.map((row) =>
    row.type === "note"
      ? [row.about, row.text, row.detail ?? row.more]
      : row.type === "milestone"
        ? [row.tone, row.text, row.detail]
        : [row.type],
  );
const changed = (more: Partial<PullRequest>): EventKind => ({
  type: "pullRequestChanged",
  pullRequest: { ...pull, ...more },
});

test("the log tells how work is handed over", () => {
  expect(
    rows(
      {
        type: "deliveryChanged",
        delivery: { commits: "PER_INSTRUCTION", pullRequest: "DRAFT", followUp: true },
      },
      { type: "targetChanged", branch: "agent/dates-2" },
      { type: "reapplied", onto: "c41d8e07b2f9", checkpoint: "r1", filesChanged: 3 },
      { type: "pushStarted", branch: "agent/dates-2", commit: "5b8e0c3d91fa", tree: "t", unreviewed: true },
    ),
  ).toEqual([
    [
      "delivery",
      "Delivery changed",
      "You review and push · a commit for each instruction · draft pull request after a push · follows up by itself, at most 3 times",
    ],
    ["delivery", "Pushes to agent/dates-2 from now on", null],
    ["plain", "Re-applied onto c41d8e07b2", "3 files differ from the source branch"],
    ["sent", "Pushing to agent/dates-2, without a review", "5b8e0c3d91"],
  ]);
});

test("each step of a pull request is told once, by what changed", () => {
  expect(
    rows(
      changed({}),
      changed({ checks: "PENDING" }),
      changed({ checks: "FAILED" }),
      changed({ state: "OPEN", checks: "FAILED" }),
      changed({ state: "OPEN", checks: "PASSED" }),
      changed({ state: "MERGED", checks: "PASSED" }),
    ),
  ).toEqual([
    ["sent", "Pull request #12 opened as a draft: Fix dates", null],
    ["sent", "Pull request #12: checks running", null],
    ["bad", "Pull request #12: checks failed", null],
    ["bad", "Pull request #12 is ready for review", null],
    ["good", "Pull request #12: checks passed", null],
    ["good", "Pull request #12 is merged", null],
  ]);
});

test("what came back is counted by its kind, and unfolds to its lines", () => {
  const items = [
    feedback("c/1", { kind: "LINE_COMMENT", path: "src/a.ts", line: 4 }),
    feedback("c/2", { kind: "LINE_COMMENT", path: "src/a.ts" }),
    feedback("k/1", { kind: "FAILED_CHECK", author: "CI", title: "lint" }),
  ];
  expect(
    rows(
      { type: "feedbackArrived", items },
      { type: "feedbackTaken", ids: ["k/1"], instruction: "i", byItself: true },
    ),
  ).toEqual([
    [
      "feedback",
      "1 failed check and 2 line comments came back",
      "maya: Why? (src/a.ts:4)\nmaya: Why? (src/a.ts)\nCI: lint",
    ],
    ["feedback", "The agent was told 1 piece of feedback, by itself", null],
  ]);
  expect(counted([])).toBe("Nothing");
  const over = ["k/1", "k/2"];
  expect(
    rows(
      { type: "feedbackArrived", items: [], over: ["k/1"] },
      { type: "feedbackArrived", items: items.slice(2), over },
    ),
  ).toEqual([
    ["feedback", "1 failed check fails no more", null],
    ["feedback", "1 failed check came back; 2 failed checks fail no more", "CI: lint"],
  ]);
});

test("the log says when feedback is to be read again, and how the last push ended", () => {
  const pushed: EventKind = { type: "pushCompleted", branch: "b", commit: "c", created: true };
  const refused: EventKind = { type: "pushFailed", fault: { code: "x", message: "no", hint: null } };
  const arrived: EventKind = { type: "feedbackArrived", items: [] };
  const seen = ({ answered, pushEnded }: Log) => [answered, pushEnded];
  const moved: EventKind = { type: "targetChanged", branch: "b" };
  const logs = [log(pushed), log(pushed, refused), log(pushed, arrived), log(pushed, moved), log()];
  expect(logs.map(seen)).toEqual([
    [1, 1],
    [1, 2],
    [2, 1],
    [2, 1],
    [0, 0],
  ]);
});

test("a step by itself that failed says why, and what waits for an answer is no failure", () => {
  const fault = { code: "x", message: "sign the commit: no key", hint: "add one" };
  const left = (step: "PUSH" | "PULL_REQUEST" | "FOLLOW_UP"): EventKind => ({
    type: "deliveryFailed",
    step,
    fault,
  });
  expect(log(left("PUSH"), left("PULL_REQUEST"), left("FOLLOW_UP")).rows).toMatchObject([
    { type: "failed", fault },
    { type: "failed", fault },
    {
      type: "note",
      text: "What came back waits for you",
      detail: "Sign the commit: no key. Add one.",
      warns: true,
    },
  ]);
});

test("risks stand by their gravity, whatever order they came in", () => {
  const risk = (kind: "LARGE" | "SECRET" | "HOOK", path: string) => ({ kind, path, line: null, detail: "" });
  const risks = [risk("LARGE", "b"), risk("SECRET", "z"), risk("HOOK", "h"), risk("SECRET", "a")];
  const found = groups(risks, [{ kind: "SECRET", count: 3 }]);
  expect(
    found.map(({ kind, grave, risks, count }) => [kind, grave, risks.map(({ path }) => path), count]),
  ).toEqual([
    ["SECRET", true, ["z", "a"], 5],
    ["HOOK", true, ["h"], 1],
    ["LARGE", false, ["b"], 1],
  ]);
});

test("failed checks come first, then what was said last", () => {
  const items = [
    item("a", { at: 1 }),
    item("b", { at: 3 }),
    item("check", { at: 2, kind: "FAILED_CHECK" }),
    item("c", { at: 3 }),
  ];
  expect(ordered(items).map(({ id }) => id)).toEqual(["check", "c", "b", "a"]);
});

test("what people said waits after a push as well, a check of another commit does not", () => {
  const items = [
    item("c/1", { outdated: true }),
    item("c/2", { outdated: true, taken: true }),
    item("k/1", { kind: "FAILED_CHECK" }),
    item("k/2", { kind: "FAILED_CHECK", outdated: true }),
  ];
  expect(items.filter(isOpenItem).map(({ id }) => id)).toEqual(["c/1", "k/1"]);
});

test("comments and notes of checks stand at their lines, and what is outdated stands nowhere", () => {
  const annotations = [
    { path: "a.ts", line: 2, level: "failure", message: "no type" },
    { path: "b.ts", line: 1, level: "warning", message: "elsewhere" },
  ];
  const items = [
    item("c/1", { path: "a.ts", line: 9 }),
    item("k/1", { kind: "FAILED_CHECK", author: "CI", annotations }),
    item("c/2", { path: "a.ts", line: 3, outdated: true }),
    item("c/3", { path: "a.ts", line: null }),
  ];
  expect(lineNotes(items, "a.ts").map(({ key, line, kind, text }) => [key, line, kind, text])).toEqual([
    ["k/1#0", 2, "failure", "no type"],
    ["c/1", 9, "comment", "Why?"],
  ]);
  expect([levelOf("warning"), levelOf("invented")]).toEqual(["warning", "notice"]);
});
