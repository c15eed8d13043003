/** The agents of the recording, each at another point of its life. */
import { born, played, type Recorded } from "./born";
import { nights } from "./nights";
import { pulls } from "./pulls";
import { call, finish, olderKernel, one, opening, refactor, said } from "./recording";

export { born, record, type Recorded } from "./born";

const MINUTE = 60_000;
const queued = (id: string, text: string) => one(1500, { type: "instructionQueued", id, text });
const fault = (code: string, message: string, hint: string) => ({ code, message, hint });

/** The agents that the window shows when nothing else is asked for. */
export function cast(now: number): Recorded[] {
  const make = (id: string, name: string, task: string, repo: string, target: string, minutes: number) =>
    born(id, name, task, repo, target, now - minutes * MINUTE);
  const task =
    "Move the journal from JavaScript to TypeScript. Keep behaviour as it is; prefer types over interfaces for props.";

  const running = make("a01", "Refactor to TypeScript", task, "octo/web", "agent/typescript", 2);
  played(running, [
    ...opening,
    ...refactor(task, "a01-task"),
    queued("q1", "Keep the prop names as they are."),
    queued("q2", "Add a note about the locale parameter to the README."),
  ]);
  running.upcoming = finish(9);

  const asking = make(
    "a02",
    "Fix flaky dates",
    "Find out why date tests fail at midnight and fix it.",
    "octo/api",
    "agent/flaky-dates",
    9,
  );
  played(asking, [
    ...opening,
    ...refactor(asking.agent.task, "a02-task").slice(0, 10),
    one(2000, said("Two places disagree about the time zone."), {
      type: "questionAsked",
      call: "ask_1",
      question: "Which time zone should stored dates be in: UTC, or the server's own?",
    }),
  ]);

  const done = make(
    "a03",
    "Add licence headers",
    "Add the licence header to every source file.",
    "octo/cli",
    "agent/licence-headers",
    71,
  );
  played(done, [...opening, ...refactor(done.agent.task, "a03-task"), ...finish(9)]);

  const cloning = make(
    "a04",
    "Upgrade to axum 0.8",
    "Upgrade axum and repair what breaks.",
    "octo/gateway",
    "agent/axum-0-8",
    1,
  );
  played(cloning, opening.slice(0, 1));

  const idle = make(
    "a05",
    "Document the retry rules",
    "Write down when and how requests are made again.",
    "octo/api",
    "agent/document-retries",
    26,
  );

  const failed = make(
    "a06",
    "Split the settings page",
    "Split the settings page into one page per topic.",
    "octo/web",
    "agent/split-settings",
    48,
  );
  played(failed, [
    ...opening,
    ...refactor(failed.agent.task, "a06-task").slice(0, 8),
    one(1200, {
      type: "failed",
      fault: fault(
        "model_unauthorized",
        "ask the model: the provider refused the key (401)",
        "Check the API key of this model, then resume.",
      ),
    }),
  ]);

  const pushed = make(
    "a07",
    "Remove dead feature flags",
    "Remove flags that are on everywhere.",
    "octo/web",
    "agent/dead-flags",
    60 * 27,
  );
  played(pushed, [
    ...opening,
    ...refactor(pushed.agent.task, "a07-task"),
    ...finish(9),
    one(90_000, {
      type: "pushStarted",
      branch: "agent/dead-flags",
      commit: "5b8e0c3d91fa2647",
      tree: "77aa",
    }),
    one(2100, {
      type: "pushCompleted",
      branch: "agent/dead-flags",
      commit: "5b8e0c3d91fa2647",
      created: true,
    }),
  ]);

  const pushing = make(
    "a08",
    "Add request tracing",
    "Give every request a trace id and log it.",
    "octo/gateway",
    "agent/request-tracing",
    14,
  );
  played(pushing, [
    ...opening,
    ...refactor(pushing.agent.task, "a08-task"),
    ...finish(9),
    one(60_000, { type: "pushStarted", branch: "agent/request-tracing", commit: "c09d11e7f3", tree: "88bb" }),
  ]);

  const waiting = make(
    "a09",
    "Translate error messages",
    "Translate all messages to German and French.",
    "octo/cli",
    "agent/translate-errors",
    3,
  );
  played(waiting, [one(100, { type: "startRequested" }, { type: "slotAwaited", ahead: 1 })]);

  const limited = make(
    "a10",
    "Port the linter config",
    "Port the linter configuration to its new format.",
    "/home/octo/src/tools.git",
    "agent/linter-config",
    190,
  );
  played(limited, [
    ...olderKernel,
    ...refactor(limited.agent.task, "a10-task"),
    ...call(
      "edit_file",
      "edit eslint.config.js",
      { path: "eslint.config.js" },
      { edited: [{ path: "README.md", added: 3, removed: 1 }], files: 9 },
    ),
    one(100, { type: "paused", reason: "LIMIT", limit: "TOKENS" }),
  ]);

  return [
    ...[running, asking, done, cloning, idle, failed, pushed, pushing, waiting, limited],
    ...nights(now),
    ...pulls(now),
  ];
}

/** A thousand agents, to see that a long list stays quick. */
export function crowd(now: number): Recorded[] {
  const runs: Recorded[] = [];
  for (let n = 0; runs.length < 1000; n += 1) {
    for (const run of cast(now - n * 37 * MINUTE)) {
      const agent = {
        ...run.agent,
        id: `${run.agent.id}-${n}`,
        name: n ? `${run.agent.name} ${n + 1}` : run.agent.name,
      };
      runs.push({ ...run, agent });
    }
  }
  return runs;
}
