/** What a cell's measured facts come to, in few words; nothing is said that no fact says. */
import type { CellFact } from "../../../bindings";

/** The fact that lists what was tried after locking, and refused. */
export const REFUSED = "tried and refused";

const short: readonly { name: string; value: string; text: string }[] = [
  { name: "network", value: "none", text: "no network" },
  { name: "root file system", value: "read-only", text: "read-only root" },
  { name: "system call filter", value: "holds", text: "nothing to execute" },
];

function holds(facts: readonly CellFact[], name: string, value: string): boolean {
  return facts.some((fact) => fact.name === name && fact.value === value);
}

/** Lists what holds, shortest words first. */
export function summary(facts: readonly CellFact[]): string[] {
  return short.filter(({ name, value }) => holds(facts, name, value)).map(({ text }) => text);
}

/** Names the cell; it is called sealed only where every measure was found to hold. */
export function title(facts: readonly CellFact[]): string {
  return summary(facts).length === short.length ? "Sealed cell" : "Cell";
}

/** Says what is weaker than it could be, or nothing. */
export function reduced(facts: readonly CellFact[]): string | null {
  const rules = facts.find(({ name }) => name === "file rules")?.value;
  return rules?.includes("reduced") ? rules : null;
}

/** Takes a list of attempts apart. */
export function attempts(value: string): string[] {
  return value.split(", ").filter(Boolean);
}
