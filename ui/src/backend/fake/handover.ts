/** How the recording pushes, opens pull requests, and hears of what came back. */
import type { Event, EventKind, Fault, FeedbackItem, LinkedAccount, PullRequest } from "../../bindings";
import type { Backend } from "../backend";
import type { Recorded } from "./born";
import { recordedDraft, recordedPlan, refusedPush, unreachable } from "./plans";
import { pullRequestOf } from "./pulls";
import { finish } from "./recording";

/** What the recording lets others do with its agents. */
export type Hands = {
  find: (id: string) => Recorded;
  add: (run: Recorded, ...kinds: EventKind[]) => void;
  play: (run: Recorded) => void;
  now: () => number;
  /** Whether nothing outside answers. */
  broken: boolean;
  accounts: () => Promise<readonly LinkedAccount[]>;
  /** Whether time stands still. */
  still: boolean;
};

export type Handover = Pick<
  Backend,
  | "pushPlan"
  | "push"
  | "cancelPush"
  | "setTargetBranch"
  | "setDelivery"
  | "pullRequestDraft"
  | "openPullRequest"
  | "lookForFeedback"
  | "feedback"
  | "takeFeedback"
  | "openPage"
>;

/** Long enough to see that something is being asked. */
const ASKED_MS = 400;
const asked = () => new Promise((resolve) => setTimeout(resolve, ASKED_MS));

const limited: Fault = {
  code: "rate_limited",
  message: "look for feedback: GitHub's rate limit is used up",
  hint: "it looks again by itself in 11 minutes",
};
const notPushing: Fault = {
  code: "wrong_status",
  message: "cancel the push of the agent: nothing is being pushed",
  hint: null,
};
const notMoved = "c0ffee14d91fa2647c1d";

export function handover({ find, add, play, now, broken, still, accounts }: Hands): Handover {
  return {
    async pushPlan(id) {
      await asked();
      if (broken) throw unreachable;
      return recordedPlan(find(id).agent, now(), await accounts());
    },

    async push(id, wish) {
      const run = find(id);
      const { targetBranch: branch, pushedCommit, filesChanged } = run.agent;
      if (branch === "agent/time-zones-2") throw refusedPush;
      if (wish.reapply)
        add(run, { type: "reapplied", onto: "c41d8e07b2f9a1560d3e", checkpoint: "r1", filesChanged });
      const commit = pushedCommit === null ? "5b8e0c3d91fa2647c1d0" : notMoved;
      add(run, { type: "pushStarted", branch, commit, tree: wish.tree ?? "77aa" });
      const ended: EventKind[] = [{ type: "pushCompleted", branch, commit, created: pushedCommit === null }];
      const { pullRequest: wanted } = run.agent.delivery;
      if (run.agent.pullRequest)
        ended.push({ type: "pullRequestChanged", pullRequest: pushedTo(run.agent.pullRequest, commit) });
      else if (wanted && wanted !== "ON_REQUEST") {
        const state = wanted === "DRAFT" ? "DRAFT" : "OPEN";
        ended.push({
          type: "pullRequestChanged",
          pullRequest: pullRequestOf(run.agent, 151, state, "PENDING", commit),
        });
      }
      run.upcoming = [{ afterMs: 900, kinds: ended }];
      play(run);
    },

    async cancelPush(id) {
      const run = find(id);
      const { status, targetBranch: branch } = run.agent;
      if (status !== "PUSHING") throw notPushing;
      run.upcoming = [];
      const fault = { code: "push_cancelled", message: `push ${branch}: cancelled`, hint: null };
      add(run, { type: "pushFailed", fault });
    },

    setTargetBranch: async (id, branch) => {
      if (branch === find(id).agent.sourceBranch) throw sourceBranch(branch);
      add(find(id), { type: "targetChanged", branch });
    },
    setDelivery: async (id, delivery) => add(find(id), { type: "deliveryChanged", delivery }),

    async pullRequestDraft(id) {
      await asked();
      if (broken) throw unreachable;
      return recordedDraft(find(id).agent);
    },

    async openPullRequest(id, draft) {
      const run = find(id);
      await asked();
      const made = pullRequestOf(run.agent, 151, draft.draft ? "DRAFT" : "OPEN", "PENDING");
      add(run, { type: "pullRequestChanged", pullRequest: { ...made, title: draft.title } });
    },

    async lookForFeedback(id) {
      await asked();
      if (broken || find(id).agent.id === "p03") throw limited;
    },

    async feedback(id) {
      return itemsOf(find(id).events);
    },

    async takeFeedback(id, ids, note) {
      const run = find(id);
      const instruction = `f${run.agent.lastSeq}`;
      const text = [note, `${ids.length} pieces of feedback came back.`].filter(Boolean).join("\n\n");
      add(
        run,
        { type: "instructionQueued", id: instruction, text },
        { type: "feedbackTaken", ids, instruction, byItself: false },
        { type: "resumed" },
        { type: "turnStarted", instruction, text },
      );
      if (still) return;
      run.upcoming = finish(9);
      play(run);
    },

    async openPage(url) {
      window.open(url, "_blank", "noopener");
    },
  };
}

function pushedTo(pullRequest: PullRequest, head: string): PullRequest {
  return { ...pullRequest, head, checks: "PENDING" };
}

const sourceBranch = (branch: string): Fault => ({
  code: "branch_forbidden",
  message: `push to ${branch}: it is the source branch`,
  hint: "choose another target branch",
});

/** What came back, and what became of it; the same fold as the engine's. */
function itemsOf(events: readonly Event[]): FeedbackItem[] {
  let items: FeedbackItem[] = [];
  for (const { kind } of events) {
    if (kind.type === "feedbackArrived") {
      const over = kind.over ?? [];
      items = items.map((item) => ({ ...item, outdated: item.outdated || over.includes(item.id) }));
      items.push(...kind.items.map((item) => ({ ...item, taken: false, outdated: false })));
    }
    if (kind.type === "feedbackTaken")
      items = items.map((item) => ({ ...item, taken: item.taken || kind.ids.includes(item.id) }));
    if (kind.type === "pushCompleted") items = items.map((item) => ({ ...item, outdated: true }));
    // It is another pull request's from now on.
    if (kind.type === "targetChanged") items = [];
  }
  return items;
}
