/** What the create form holds, what is wrong with it, and which field a fault of the engine belongs to. */
import type { Agent, Fault, Limits, ModelChoice, NewAgent } from "../bindings";

export type Field = "name" | "task" | "repository" | "source" | "target" | "model" | "address" | "limits";

export type Problem = { message: string; hint: string | null };

export type Problems = Partial<Record<Field, Problem>>;

export type LimitsDraft = { tokens: string; turns: string; minutes: string };

export type Draft = LimitsDraft & {
  name: string;
  task: string;
  repository: string;
  source: string;
  target: string;
  provider: string;
  modelName: string;
  baseUrl: string;
};

export const emptyDraft: Draft = {
  name: "",
  task: "",
  repository: "",
  source: "main",
  target: "",
  provider: "scripted",
  modelName: "",
  baseUrl: "",
  tokens: "2,000,000",
  turns: "200",
  minutes: "60",
};

/** Suggests a target branch from an agent's name. */
export function suggestTarget(name: string): string {
  const slug = name
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 48)
    .replace(/-+$/, "");
  return slug ? `agent/${slug}` : "";
}

/** Finds what can be seen to be wrong without asking the engine. */
export function check(draft: Draft, agents: readonly Agent[]): Problems {
  const problems: Problems = {};
  const say = (field: Field, message: string, hint: string | null = null) => {
    problems[field] ??= { message, hint };
  };
  const name = draft.name.trim();
  if (!name) say("name", "Give the agent a name.");
  else if (agents.some((agent) => agent.name === name && agent.deletedAt === null))
    say("name", "Another agent has this name.", "Names are unique among your agents.");
  if (!draft.task.trim()) say("task", "Say what the agent is to do.");
  if (!draft.repository.trim())
    say("repository", "Name a repository.", "Write owner/name, a git URL, or a local path.");
  if (!draft.source.trim()) say("source", "Name the branch to work from.");
  if (!draft.target.trim()) say("target", "Name the branch to push to.");
  else if (draft.target.trim() === draft.source.trim())
    say("target", "The target is the source branch.", "Agents push to a branch of their own.");
  if (draft.provider !== "scripted" && !draft.modelName.trim()) say("model", "Name the model.");
  if (draft.baseUrl.trim() && !/^https?:\/\/\S+$/.test(draft.baseUrl.trim()))
    say("address", "This is no address of a server.", "It begins with http:// or https://.");
  const limits = checkLimits(draft);
  if (limits) problems.limits = limits;
  return problems;
}

/** Finds what is wrong with limits. */
export function checkLimits({ tokens, turns, minutes }: LimitsDraft): Problem | undefined {
  if ([tokens, turns, minutes].every((text) => amount(text) !== undefined)) return undefined;
  return { message: "Limits are whole numbers above zero.", hint: "Leave a field empty for no limit." };
}

/** Writes limits as a form shows them. */
export function limitsDraft({ tokens, turns, seconds }: Limits): LimitsDraft {
  const text = (limit: number | null | undefined) => (limit == null ? "" : limit.toLocaleString("en"));
  return {
    tokens: text(tokens),
    turns: text(turns),
    minutes: seconds == null ? "" : text(Math.ceil(seconds / 60)),
  };
}

/** Reads limits that {@link checkLimits} finds nothing wrong with. */
export function toLimits({ tokens, turns, minutes }: LimitsDraft): Limits {
  const time = amount(minutes) ?? null;
  return {
    tokens: amount(tokens) ?? null,
    turns: amount(turns) ?? null,
    seconds: time === null ? null : time * 60,
  };
}

/** Reads a limit: `null` for none, `undefined` where it is not a number above zero. */
function amount(text: string): number | null | undefined {
  const digits = text.replace(/[\s,]/g, "");
  if (digits === "") return null;
  const value = Number(digits);
  return Number.isInteger(value) && value > 0 && value <= 0xffff_ffff ? value : undefined;
}

/** Makes the request out of a draft that {@link check} finds nothing wrong with. */
export function toNewAgent(draft: Draft): NewAgent {
  const model: ModelChoice = {
    provider: draft.provider,
    name: draft.modelName.trim(),
    baseUrl: draft.baseUrl.trim() || null,
  };
  return {
    name: draft.name.trim(),
    task: draft.task.trim(),
    githubRepo: draft.repository.trim(),
    sourceBranch: draft.source.trim(),
    targetBranch: draft.target.trim(),
    model,
    limits: toLimits(draft),
  };
}

const fieldOfCode: Record<string, Field> = {
  name_empty: "name",
  name_invalid: "name",
  name_taken: "name",
  task_empty: "task",
  task_too_long: "task",
  repository_invalid: "repository",
  target_is_source: "target",
  model_empty: "model",
};

/** Names the field a fault belongs to, or `null` where it is about the whole. */
export function fieldOf(fault: Fault, draft: Draft): Field | null {
  if (fault.code !== "branch_invalid") return fieldOfCode[fault.code] ?? null;
  // The message quotes the branch; without a quote of the source alone it is the target that was new.
  const source = draft.source.trim();
  const target = draft.target.trim();
  return fault.message.includes(source) && !fault.message.includes(target) ? "source" : "target";
}
