/** What the recording would push: commits, what to look at before, and branches that moved. */
import type {
  Agent,
  Conflict,
  Fault,
  LinkedAccount,
  MovedTarget,
  PlannedCommit,
  PullRequestDraft,
  PushPlan,
  Risk,
} from "../../bindings";

export const octo = { name: "Octo Cat", email: "583231+octocat@users.noreply.github.com" };

/** What stands in the way of pushes in the demo of what goes wrong. */
export const unreachable: Fault = {
  code: "repository_unreachable",
  message: "ask github.com: it does not answer",
  hint: "check the network and the address, then try again",
};
export const refusedPush: Fault = {
  code: "push_rejected",
  message:
    "push branch agent/time-zones-2 to octo/web: the server refused it: protected branch hook declined",
  hint: "choose another target branch, or ask for the right to push to this one",
};

const dates: Conflict = {
  path: "src/dates.ts",
  preview: `// The server stores UTC; people read their own time zone.
<<<<<<< the branch
export function formatDate(value: string, zone = "UTC"): string {
  return new Date(value).toLocaleDateString(undefined, { timeZone: zone });
=======
export function formatDate(value: string, locale: string): string {
  const date = new Date(Date.parse(value));
  return date.toLocaleDateString(locale, { dateStyle: "medium" });
>>>>>>> the agent
}
`,
};

const risky: Risk[] = [
  { kind: "SECRET", path: "src/routes.ts", line: 90, detail: "a GitHub token in the text of line 90" },
  {
    kind: "WORKFLOW",
    path: ".github/workflows/check.yml",
    line: 12,
    detail: "a new step runs a script of this change",
  },
  { kind: "HOOK", path: "package.json", line: 21, detail: "a “postinstall” script was added" },
  { kind: "HIDDEN_UNICODE", path: "src/dates.ts", line: 6, detail: "a zero-width space (U+200B)" },
  { kind: "HIDDEN_UNICODE", path: "README.md", line: 3, detail: "text that turns its direction (U+202E)" },
  { kind: "EXECUTABLE", path: "tools/build.sh", line: null, detail: "100644 became 100755" },
  { kind: "LOCKFILE", path: "package-lock.json", line: 1, detail: "14 packages were added or changed" },
  { kind: "BINARY", path: "static/img/logo.png", line: null, detail: "18.2 KiB, was 16.9 KiB" },
  { kind: "LARGE", path: "test/cities.json", line: null, detail: "3.4 MiB" },
];

function movedTo(agent: Agent, now: number, conflicts: Conflict[]): MovedTarget {
  return {
    tip: "c41d8e07b2f9a1560d3e",
    summary: "Use the journal's own time zone",
    at: now - 26 * 60_000,
    freeName: `${agent.targetBranch}-2`,
    conflicts,
  };
}

function commitsOf(agent: Agent, trailer: string): PlannedCommit[] {
  const one = {
    tree: "77aa",
    message: `${agent.name}\n\n${agent.activity ?? agent.task}${trailer}`,
    files: agent.filesChanged,
  };
  if (agent.delivery.commits !== "PER_INSTRUCTION") return [one];
  return [
    {
      tree: "70aa",
      message: `${agent.name}\n\n${agent.task}${trailer}`,
      files: Math.max(1, agent.filesChanged - 2),
    },
    { tree: "77aa", message: `Keep the prop names as they are${trailer}`, files: 2 },
  ];
}

/** The plan for a recorded agent; a few of them show what else a plan can hold. */
export function recordedPlan(agent: Agent, now: number, accounts: readonly LinkedAccount[] = []): PushPlan {
  const own = accounts.find(({ key }) => key === agent.userId);
  const trailer = agent.delivery.trailer
    ? `\n\nAgent: Anchorhold (${agent.model.provider}/${agent.model.name})`
    : "";
  const plan: PushPlan = {
    branch: agent.targetBranch,
    tree: "77aa",
    authorName: octo.name,
    authorEmail: own?.email ?? octo.email,
    emails: own?.emails ?? [octo.email],
    signing: { type: "ssh", key: "~/.ssh/id_ed25519.pub" },
    commits: commitsOf(agent, trailer),
    risks: agent.id === "a03" ? risky : [],
    risksLeftOut: [],
    moved: null,
  };
  if (agent.id === "p05" && agent.targetBranch === "agent/flaky-tests")
    return { ...plan, signing: { type: "off" }, moved: movedTo(agent, now, []) };
  if (agent.id === "p06" && agent.targetBranch === "agent/time-zones") {
    const binary = { path: "static/img/logo.png", preview: null };
    return { ...plan, signing: impossible, moved: movedTo(agent, now, [dates, binary]) };
  }
  return plan;
}

const impossible: PushPlan["signing"] = {
  type: "impossible",
  fault: {
    code: "signing_unsupported",
    message: "sign the commits: gpg.format is x509, which is not supported",
    hint: "set gpg.format to ssh or openpgp",
  },
};

/** The pull request that a recorded agent would open. */
export function recordedDraft(agent: Agent): PullRequestDraft {
  const body = `## What changed

${agent.activity ?? agent.task}

## Checked

- [ ] The type check passes
- [ ] The tests pass

<!-- anchorhold: begin -->
Made by the agent “${agent.name}” (${agent.model.name}) from ${agent.baseCommit?.slice(0, 10) ?? "main"}.
It could not execute code, so this is unverified: the type check and the tests were not run.
<!-- anchorhold: end -->`;
  return { title: agent.name, body, draft: agent.delivery.pullRequest === "DRAFT" };
}
