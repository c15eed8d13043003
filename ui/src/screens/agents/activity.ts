/** What an agent does now or waits for, in one line. */
import type { Agent } from "../../bindings";
import { capital, plural, upcoming } from "../../state/format";
import { pullRequestText } from "../../state/delivery";
import { openText } from "../../state/feedback";
import { hasOpenFeedback, hasUnpushed } from "../../state/verbs";
import { pausedText } from "../../state/words";

export function activity(agent: Agent, now = Date.now()): { text: string; urgent: boolean } {
  const calm = (text: string) => ({ text, urgent: false });
  const urgent = (text: string) => ({ text, urgent: true });
  if (agent.status === "PAUSED" && agent.resumesAt !== null && agent.pauseReason)
    return calm(`${pausedText(agent.pauseReason)}, goes on at ${upcoming(agent.resumesAt, now)}`);
  if (agent.errorMessage) return urgent(capital(agent.errorMessage));
  if (agent.waiting) return calm("Waits for a free slot");
  switch (agent.status) {
    case "IDLE":
      return calm("Not started");
    case "PAUSED":
      if (agent.pauseReason === "QUESTION" && agent.activity) return urgent(agent.activity);
      return urgent(agent.pauseReason ? pausedText(agent.pauseReason) : "Paused");
    case "COMPLETED":
      if (hasUnpushed(agent)) return urgent("Ready to review");
      if (agent.pullRequest && hasOpenFeedback(agent))
        return urgent(`#${agent.pullRequest.number}: ${openText(agent)}`);
      if (agent.pullRequest) return calm(capital(pullRequestText(agent.pullRequest)));
      return calm(agent.pushedCommit ? `Pushed ${agent.pushedCommit.slice(0, 7)}` : "Nothing changed");
    case "PUSHING":
      return calm(`Pushing ${plural(agent.filesChanged, "file")}`);
    case "CLONING":
    case "RUNNING":
      return calm(capital(agent.activity ?? "thinking"));
    case "ERROR":
      return urgent("Failed");
  }
}
