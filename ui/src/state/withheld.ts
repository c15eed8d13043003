/** What of a pull request's checks cannot be read, in words, and what to do about it. */
import type { Withheld } from "../bindings";
import type { Problem } from "./draft";
import { capital } from "./format";

const words: Record<Withheld, { what: string; permission: string }> = {
  CHECKS: { what: "checks", permission: "Checks" },
  COMMIT_STATUSES: { what: "commit statuses", permission: "Commit statuses" },
  JOB_LOGS: { what: "job logs", permission: "Actions" },
};

/** Names what is withheld, as in `checks and job logs`; nothing where all can be read. */
export function withheldText(withheld: readonly Withheld[] | undefined): string | null {
  return withheld?.length ? joined(withheld.map((each) => words[each].what)) : null;
}

/** Says what cannot be read and which permissions let it be. */
export function withheldProblem(withheld: readonly Withheld[] | undefined): Problem | null {
  const text = withheldText(withheld);
  if (!withheld || text === null) return null;
  const permissions = joined(withheld.map((each) => words[each].permission));
  const elsewhere = withheld.includes("JOB_LOGS")
    ? " Job logs are with another host, which the network must let through."
    : "";
  return {
    message: `${capital(text)} cannot be read with this token.`,
    hint: `Give the app or the token read access to ${permissions}.${elsewhere}`,
  };
}

/** Whether how the checks stand is known in part only. */
export function knownInPart(withheld: readonly Withheld[] | undefined): boolean {
  return withheld?.some((each) => each !== "JOB_LOGS") ?? false;
}

function joined(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
