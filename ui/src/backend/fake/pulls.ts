/** The agents whose work was pushed: their pull requests, and what came back for them. */
import type { Agent, ChecksState, EventKind, PullRequest, PullRequestState, Withheld } from "../../bindings";
import { born, played, type Recorded } from "./born";
import { before, cameBack } from "./cameBack";
import { call, finish, one, opening, refactor, type Step } from "./recording";

const MINUTE = 60_000;
const first = "5b8e0c3d91fa2647c1d0";
const second = "e07f4ab21c6d88035fb9";

const pushed = (branch: string, commit = first): Step[] => [
  one(60_000, { type: "pushStarted", branch, commit, tree: "77aa" }),
  one(2100, { type: "pushCompleted", branch, commit, created: commit === first }),
];

/** A pull request of a recorded agent. */
export function pullRequestOf(
  agent: Agent,
  number: number,
  state: PullRequestState,
  checks: ChecksState,
  head = agent.pushedCommit ?? first,
): PullRequest {
  const url = `https://github.com/${agent.githubRepo}/pull/${number}`;
  const base = agent.sourceBranch;
  return { number, url, title: agent.name, state, head, base, checks, withheld: [] };
}

/** Makes the agents; their ids begin with p. */
export function pulls(now: number): Recorded[] {
  const done = (
    id: string,
    name: string,
    repo: string,
    target: string,
    minutes: number,
    more: Step[] = [],
  ) => {
    const task = `${name}, and keep everything else as it is.`;
    const run = born(id, name, task, repo, target, now - minutes * MINUTE);
    return played(run, [...opening, ...refactor(task, `${id}-task`), ...finish(9), ...more]);
  };
  const changed = (run: Recorded, ...made: [PullRequestState, ChecksState][]): Step[] => {
    const number = 140 + Number(run.agent.id.slice(1));
    return made.map(([state, checks]) => {
      const pullRequest = pullRequestOf(run.agent, number, state, checks);
      return one(4000, { type: "pullRequestChanged", pullRequest });
    });
  };
  const proposed = (run: Recorded, ...made: [PullRequestState, ChecksState][]) =>
    played(run, changed(run, ...made));

  const byItself = { instruction: "f1", byItself: true, attempt: 1 };
  const answered = done("p02", "Type the journal's props", "octo/web", "agent/props", 230);
  const follow: EventKind = {
    type: "deliveryChanged",
    delivery: { ...answered.agent.delivery, followUp: true },
  };
  played(answered, [one(1000, follow), ...pushed("agent/props", second)]);
  proposed(answered, ["OPEN", "PENDING"], ["OPEN", "FAILED"]);
  played(answered, [
    one(9000, { type: "feedbackArrived", items: before(now).map((item) => ({ ...item, commit: second })) }),
    one(100, { type: "feedbackTaken", ids: ["check/8812", "comment/3190"], ...byItself }),
    one(100, { type: "turnStarted", instruction: "f1", text: "The check “lint” failed. Mend what it says." }),
    ...call(
      "edit_file",
      "edit src/routes.ts",
      { path: "src/routes.ts" },
      { edited: [{ path: "src/routes.ts", added: 1, removed: 1 }], files: 9 },
    ),
    one(900, { type: "completed", summary: "The semicolon is there.", unverified: "The lint was not run." }),
    ...pushed("agent/props"),
  ]);
  proposed(answered, ["OPEN", "PENDING"], ["OPEN", "FAILED"]);
  played(answered, [one(100, { type: "feedbackArrived", items: cameBack(now) })]);

  const waits = done(
    "p01",
    "Cache the tide tables",
    "octo/tides",
    "agent/tide-cache",
    12,
    pushed("agent/tide-cache"),
  );
  proposed(waits, ["DRAFT", "PENDING"]);

  const passed = done(
    "p03",
    "Shorten the start-up",
    "octo/gateway",
    "agent/start-up",
    340,
    pushed("agent/start-up"),
  );
  proposed(passed, ["DRAFT", "PENDING"], ["OPEN", "PASSED"]);

  const merged = done(
    "p04",
    "Name the retry rules",
    "octo/api",
    "agent/retry-rules",
    60 * 50,
    pushed("agent/retry-rules"),
  );
  proposed(merged, ["OPEN", "PASSED"], ["MERGED", "PASSED"]);

  const moved = done(
    "p05",
    "Steady the flaky tests",
    "octo/api",
    "agent/flaky-tests",
    66,
    pushed("agent/flaky-tests"),
  );
  const conflicts = done(
    "p06",
    "Store dates as UTC",
    "octo/web",
    "agent/time-zones",
    84,
    pushed("agent/time-zones"),
  );
  moved.agent = { ...moved.agent, userId: "github.com/583231" };
  for (const { agent, run } of [moved, conflicts].map((each) => ({ agent: each.agent, run: each }))) {
    const text = "Also cover the day on which clocks change.";
    played(run, [
      one(1000, { type: "instructionQueued", id: `${agent.id}-q`, text }),
      one(100, { type: "turnStarted", instruction: `${agent.id}-q`, text }),
      one(5000, { type: "completed", summary: "The change of clocks is covered.", unverified: null }),
    ]);
  }

  const closed = done(
    "p07",
    "Move to the new router",
    "octo/web",
    "agent/router",
    60 * 30,
    pushed("agent/router"),
  );
  proposed(closed, ["OPEN", "PENDING"], ["CLOSED", "NONE"]);

  const unread = done(
    "p08",
    "Time the tide requests",
    "octo/tides",
    "agent/tide-timing",
    60 * 31,
    pushed("agent/tide-timing"),
  );
  const pullRequest = pullRequestOf(unread.agent, 148, "OPEN", "NONE");
  const withheld: Withheld[] = ["CHECKS", "JOB_LOGS"];
  played(unread, [one(4000, { type: "pullRequestChanged", pullRequest: { ...pullRequest, withheld } })]);

  return [waits, answered, passed, merged, moved, conflicts, closed, unread];
}
