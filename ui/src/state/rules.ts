/** File rules as a form holds them: one pattern in each line. */
import type { FileRules } from "../bindings";

export type RulesDraft = { excluded: string; only: string; protected: string };

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
