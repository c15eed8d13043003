/** File rules as a form holds them: one pattern in each line. */
import type { Fault, FileRules } from "../bindings";

export type RulesDraft = { excluded: string; only: string; protected: string };

export type RulesProblems = Partial<Record<keyof RulesDraft, { message: string; hint: string | null }>>;

export const emptyRules: RulesDraft = { excluded: "", only: "", protected: "" };

const lines = (text: string) => [...new Set(text.split("\n").map((line) => line.trim()))].filter(Boolean);

export function rulesDraft(rules: FileRules): RulesDraft {
  return {
    excluded: rules.excluded.join("\n"),
    only: rules.only.join("\n"),
    protected: rules.protected.join("\n"),
  };
}

/** Reads the rules; empty lines and repeated ones are left out. */
export function toRules(draft: RulesDraft): FileRules {
  return {
    excluded: lines(draft.excluded),
    only: lines(draft.only),
    protected: lines(draft.protected),
  };
}

const fieldOfCode: Record<string, keyof RulesDraft> = {
  files_excluded_invalid: "excluded",
  files_only_invalid: "only",
  files_protected_invalid: "protected",
};

/** Puts a fault of the engine at the list that it is about; `null` where it is about none. */
export function rulesProblems({ code, message, hint }: Fault): RulesProblems | null {
  const field = fieldOfCode[code];
  return field ? { [field]: { message, hint } } : null;
}
