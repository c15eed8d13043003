/** The open issues of the recorded repositories, and their words as a task. */
import type { Fault, Issue } from "../../bindings";

const HOUR_MS = 3_600_000;

const dates = `The entries of 31 October are shown on 1 November for everybody west of Greenwich.

To see it:

1. Set the time zone to America/New_York.
2. Open October.
3. Look at the last row.

I believe that \`parseDate\` in src/dates.ts reads the day as midnight in UTC.

<script>alert("only text")</script>`;

type Kept = Omit<Issue, "url" | "updatedAt"> & { hoursAgo: number };

const kept: readonly Kept[] = [
  {
    ...{ number: 128, title: "Entries move to another day west of Greenwich", body: dates },
    ...{ author: "hana-k", labels: ["bug", "dates"], comments: 6, hoursAgo: 3 },
  },
  {
    ...{ number: 121, title: "Let the week begin on Sunday", author: "rjones", labels: ["enhancement"] },
    ...{ body: "A setting would do. The header and the totals both need it.", comments: 14, hoursAgo: 27 },
  },
  {
    ...{ number: 117, title: "Type the store", author: "octocat", labels: ["good first issue", "types"] },
    ...{ body: "src/store.js is the last file without types.", comments: 1, hoursAgo: 50 },
  },
  {
    ...{ number: 96, title: "The totals of a month are wrong when an entry crosses midnight" },
    ...{ author: "m-ferreira", labels: ["bug", "needs reproduction", "totals"], comments: 22, hoursAgo: 120 },
    body: "",
  },
  {
    ...{ number: 12, title: "Export as CSV", author: "octocat", labels: [], comments: 0, hoursAgo: 2100 },
    body: "One row for each entry, dates in ISO 8601.",
  },
];

function check(repo: string): void {
  if (/^[./~]/.test(repo) || !repo.includes("/"))
    throw {
      code: "issues_not_on_github",
      message: `list the issues of ${repo}: it is not on a GitHub`,
      hint: "choose a repository of GitHub, or write the task yourself",
    } satisfies Fault;
}

export async function recordedIssues(repo: string, text: string, now: number): Promise<Issue[]> {
  await new Promise((resolve) => setTimeout(resolve, 300));
  check(repo);
  if (repo.endsWith("/cli")) return [];
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = ({ number, title, labels }: Kept) => {
    const all = [`#${number}`, title, ...labels].join("\n").toLowerCase();
    return words.every((word) => all.includes(word));
  };
  return kept.filter(fits).map(({ hoursAgo, ...issue }) => ({
    ...issue,
    url: `https://github.com/${repo}/issues/${issue.number}`,
    updatedAt: now - hoursAgo * HOUR_MS,
  }));
}

export async function recordedIssueTask(repo: string, number: number): Promise<string> {
  check(repo);
  const issue = kept.find((one) => one.number === number);
  if (!issue)
    throw {
      code: "issue_unknown",
      message: `read issue ${number} of ${repo}: there is none`,
      hint: "it may have been moved or deleted",
    } satisfies Fault;
  return `Resolve issue #${number} of ${repo}: ${issue.title}\n\n${issue.body}`.trim();
}
