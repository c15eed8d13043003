/** How an agent's work is handed over, and where its pull request stands, in words. */
import type { Agent, ChecksState, Delivery, PullRequest, PullRequestState, Signing } from "../bindings";
import { sentence } from "./format";
import { withheldText } from "./withheld";

/** What holds where nothing else was chosen: the user is asked for each step. */
export const usualDelivery: Required<Delivery> = {
  commits: "ONE",
  trailer: false,
  pushUnreviewed: false,
  pullRequest: "ON_REQUEST",
  followUp: false,
  mostFollowUps: 3,
};

/** Completes what an agent, or a log of an earlier version, says of its delivery. */
export function deliveryOf(said: Delivery | undefined): Required<Delivery> {
  return { ...usualDelivery, ...said };
}

/** Lists how work is handed over in one line. */
export function deliveryText(said: Delivery): string {
  const delivery = deliveryOf(said);
  const parts = [
    delivery.pushUnreviewed ? "pushes without a review" : "you review and push",
    delivery.commits === "ONE" ? "one commit" : "a commit for each instruction",
    delivery.trailer ? "names the agent" : null,
    pullRequestWish[delivery.pullRequest],
    delivery.followUp ? `follows up by itself, at most ${delivery.mostFollowUps} times` : null,
  ];
  return parts.filter(Boolean).join(" · ");
}

const pullRequestWish: Record<Required<Delivery>["pullRequest"], string> = {
  ON_REQUEST: "pull request on request",
  DRAFT: "draft pull request after a push",
  READY: "pull request after a push",
};

export const stateWord: Record<PullRequestState, string> = {
  DRAFT: "Draft",
  OPEN: "Open",
  CLOSED: "Closed",
  MERGED: "Merged",
};

export const checksWord: Record<Exclude<ChecksState, "NONE">, string> = {
  PENDING: "checks running",
  PASSED: "checks passed",
  FAILED: "checks failed",
};

/** Sums a pull request up, as in `#12 open, checks failed`. */
export function pullRequestText({ number, state, checks }: PullRequest): string {
  const stands = `#${number} ${stateWord[state].toLowerCase()}`;
  // How the checks of something that is over stood does not matter any more.
  return checks === "NONE" || !isOpen(state) ? stands : `${stands}, ${checksWord[checks]}`;
}

export const isOpen = (state: PullRequestState): boolean => state === "DRAFT" || state === "OPEN";

/** Says what became of a pull request since the log last spoke of it. */
export function pullRequestNews(before: PullRequest | null, now: PullRequest): string {
  const named = `Pull request #${now.number}`;
  if (before?.number !== now.number)
    return `${named} opened${now.state === "DRAFT" ? " as a draft" : ""}: ${now.title}`;
  if (before.state !== now.state) {
    if (now.state === "OPEN")
      return `${named} is ${before.state === "DRAFT" ? "ready for review" : "open again"}`;
    return `${named} is ${now.state === "DRAFT" ? "a draft" : stateWord[now.state].toLowerCase()}`;
  }
  const [withheld, withheldBefore] = [withheldText(now.withheld), withheldText(before.withheld)];
  if (before.checks !== now.checks && now.checks !== "NONE") return `${named}: ${checksWord[now.checks]}`;
  if (withheld !== withheldBefore)
    return `${named}: ${withheld ?? withheldBefore} ${withheld ? "cannot be read" : "can be read again"}`;
  return `${named} updated`;
}

/** Whether a pull request can be opened: something new was pushed to a place that has them, and none is open. */
export function canPropose({ pushedCommit, status, pullRequest, githubRepo, deletedAt }: Agent): boolean {
  if (deletedAt !== null || pushedCommit === null || status !== "COMPLETED" || !hasPullRequests(githubRepo))
    return false;
  // What was merged or closed is not proposed a second time.
  return pullRequest === null || (!isOpen(pullRequest.state) && pullRequest.head !== pushedCommit);
}

/** Whether a repository can have pull requests, as far as its address tells: a folder has none. */
export function hasPullRequests(repository: string): boolean {
  return !/^(?:file:|[/\\~.]|[a-z]:[/\\])/i.test(repository.trim());
}

/** Says how commits are signed, or why they are not. */
export function signingText(signing: Signing): string {
  switch (signing.type) {
    case "off":
      return "Not signed: git is not set up to sign";
    case "ssh":
      return `Signed with the SSH key ${signing.key}`;
    case "gpg":
      return signing.key === null ? "Signed with your GPG key" : `Signed with the GPG key ${signing.key}`;
    case "impossible":
      return `Cannot be signed. ${sentence(signing.fault.message)}`;
  }
}
