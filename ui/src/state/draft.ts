/** What the create form holds, what is wrong with it, and which field a fault of the engine belongs to. */
import type { Agent, Fault, NewAgent } from "../bindings";
import { checkDelivery, type DeliveryDraft, toDelivery, usualDeliveryDraft } from "./deliveryDraft";
import { checkHistory, type HistoryDraft, toDepth, wholeHistory } from "./history";
import { checkLimits, checkPrice, type LimitsDraft, toLimits } from "./limits";
import { checkModel, emptyModel, type ModelDraft, type ModelProblems, toChoice } from "./model";
import { emptyRules, type RulesDraft, type RulesProblems, rulesProblems, toRules } from "./rules";

export type Field = "name" | "task" | "repository" | "source" | "target" | "history" | "limits" | "delivery";

export type Problem = { message: string; hint: string | null };

export type Problems = Partial<Record<Field, Problem>> & {
  model?: ModelProblems;
  fallback?: ModelProblems;
  files?: RulesProblems;
};

export type Draft = LimitsDraft & {
  name: string;
  task: string;
  repository: string;
  source: string;
  target: string;
  history: HistoryDraft;
  model: ModelDraft;
  /** The model that stands in; none where it is not wanted. */
  fallback: ModelDraft | null;
  files: RulesDraft;
  delivery: DeliveryDraft;
};

export const emptyDraft: Draft = {
  name: "",
  task: "",
  repository: "",
  source: "main",
  target: "",
  history: wholeHistory,
  model: emptyModel,
  fallback: null,
  files: emptyRules,
  delivery: usualDeliveryDraft,
  money: "5.00",
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

/** Finds what can be seen to be wrong without asking the engine; `priced` is whether the model's price is known. */
export function check(draft: Draft, agents: readonly Agent[], priced = true): Problems {
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
  const model = checkModel(draft.model);
  if (model) problems.model = model;
  const fallback = draft.fallback && checkModel(draft.fallback);
  if (fallback) problems.fallback = fallback;
  const limits = checkLimits(draft) ?? checkPrice(draft, priced);
  if (limits) problems.limits = limits;
  const history = checkHistory(draft.history);
  if (history) problems.history = history;
  const delivery = checkDelivery(draft.delivery);
  if (delivery) problems.delivery = delivery;
  return problems;
}

/** Makes the request out of a draft that {@link check} finds nothing wrong with. */
export function toNewAgent(draft: Draft): NewAgent {
  return {
    name: draft.name.trim(),
    task: draft.task.trim(),
    githubRepo: draft.repository.trim(),
    sourceBranch: draft.source.trim(),
    targetBranch: draft.target.trim(),
    historyDepth: toDepth(draft.history),
    model: toChoice(draft.model),
    fallback: draft.fallback && toChoice(draft.fallback),
    limits: toLimits(draft),
    files: toRules(draft.files),
    delivery: toDelivery(draft.delivery),
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
  depth_invalid: "history",
  price_unknown: "limits",
};

/** The codes of faults that are about the model. */
const ofModel = new Set(["model_empty", "provider_unknown"]);

/** The codes of faults that are about the model's address. */
const ofAddress = new Set(["address_missing", "address_invalid", "address_has_secret", "address_in_clear"]);

/** Puts a fault of the engine at its field; nothing where it is about the whole. */
export function placed(fault: Fault, draft: Draft): Problems | null {
  const problem = { message: fault.message, hint: fault.hint };
  if (ofModel.has(fault.code)) return atChoice(fault, draft, () => true, { name: problem });
  if (ofAddress.has(fault.code)) return atChoice(fault, draft, takesAddress, { address: problem });
  const files = rulesProblems(fault);
  if (files) return { files };
  const field = fieldOf(fault, draft);
  return field && { [field]: problem };
}

/** Puts a fault at the choice that its message quotes; nothing where that may be either, or has no such field. */
function atChoice(
  fault: Fault,
  { model, fallback }: Draft,
  has: (choice: ModelDraft) => boolean,
  problems: ModelProblems,
): Problems | null {
  const quoted = (choice: ModelDraft) => fault.message.includes(`${choice.provider}/${choice.name.trim()}`);
  if (fallback && quoted(model) === quoted(fallback)) return null;
  if (fallback && quoted(fallback)) return has(fallback) ? { fallback: problems } : null;
  return has(model) ? { model: problems } : null;
}

/** Whether a choice has a field for its address, which a provider with one of its own has not. */
const takesAddress = ({ provider }: ModelDraft) => provider === "compatible";

/** Names the field a fault belongs to, or `null` where it is about the whole. */
export function fieldOf(fault: Fault, draft: Draft): Field | null {
  if (fault.code !== "branch_invalid") return fieldOfCode[fault.code] ?? null;
  // The message quotes the branch; without a quote of the source alone it is the target that was new.
  const source = draft.source.trim();
  const target = draft.target.trim();
  return fault.message.includes(source) && !fault.message.includes(target) ? "source" : "target";
}
