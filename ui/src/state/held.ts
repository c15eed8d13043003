/** Why an agent does not go on, and what can be done about it. */
import type { Agent, PauseReason } from "../bindings";
import { sentence, upcoming } from "./format";
import type { Log } from "./reduce";
import { isDayLimit, limitName, loopText, pausedText } from "./words";

export type Way = "raise" | "wrapUp" | "review" | "tryNow" | "changeModel" | "resume" | "settings";

/** The ways on, the one that comes next first; `byItself` says when it goes on without anyone. */
export type Held = { message: string; byItself: string | null; hint: string; ways: Way[] };

type Explained = Exclude<PauseReason, "USER" | "STOPPED" | "QUESTION" | "LOOP">;

const explained: Record<Explained, (agent: Agent, log: Log, now: number) => Held> = {
  LIMIT: (agent, log, now) => {
    const limit = log.paused?.limit ?? null;
    if (isDayLimit(limit))
      return {
        message: `All agents together reached the ${limit ? limitName[limit] : "day's limit"}`,
        byItself: byItself(agent, now),
        hint: "Or raise the day's limits.",
        ways: ["settings", "resume", "wrapUp", "review"],
      };
    return {
      message: pausedText("LIMIT", limit),
      byItself: null,
      hint: "Raise the limit, let it say in one last answer how far it came, or stop here and review.",
      ways: ["raise", "wrapUp", "review"],
    };
  },
  QUOTA: provider,
  PROVIDER: provider,
  INTERRUPTED: () => ({
    message: pausedText("INTERRUPTED"),
    byItself: null,
    hint: "Resume goes on from the last checkpoint.",
    ways: ["resume"],
  }),
};

function provider(agent: Agent, _log: Log, now: number): Held {
  const waits = byItself(agent, now);
  const message = agent.errorMessage ?? pausedText(agent.pauseReason ?? "PROVIDER");
  const hint = sentence(agent.errorHint ?? "");
  // Where nothing changes by itself, another model or key is what helps.
  return {
    message,
    byItself: waits,
    hint,
    ways: waits ? ["tryNow", "changeModel"] : ["changeModel", "tryNow"],
  };
}

function byItself({ resumesAt }: Agent, now: number): string | null {
  if (resumesAt === null) return null;
  return `Goes on by itself at ${upcoming(resumesAt, now)}`;
}

/** What to say above the files of an agent that is held, where there is more to say than that. */
export function held(agent: Agent, log: Log, now: number): Held | null {
  const reason = agent.status === "PAUSED" ? agent.pauseReason : null;
  if (reason === null || !(reason in explained)) return null;
  return explained[reason as Explained](agent, log, now);
}

/** What repeats, of an agent that goes round in circles. */
export function circles(log: Log): string {
  return log.loop ? loopText(log.loop.pattern, log.loop.times) : "It goes round in circles";
}

/** Where an agent stands in the line for a slot. */
export function slotText(ahead: number | null): string {
  if (ahead === null) return "Waits for a free slot";
  return ahead === 0 ? "Waits for a free slot, next in line" : `Waits for a free slot, ${ahead} ahead`;
}
