/** What a cell's measured facts come to, in few words; nothing is said that no fact says. */
import type { CellFact } from "../../../bindings";

/** The fact that lists what was tried after locking, and refused. */
export const REFUSED = "tried and refused";

const short: readonly { name: string; text: string }[] = [
  { name: "network", text: "no network" },
  { name: "root file system", text: "read-only root" },
  { name: "execution", text: "nothing to execute" },
];

/** Lists what holds, shortest words first. */
export function summary(facts: readonly CellFact[]): string[] {
  return short
    .filter(({ name }) => facts.some((fact) => fact.name === name && fact.verdict === "HOLDS"))
    .map(({ text }) => text);
}

/** Names the cell; it is called sealed only where every promise was found to hold. */
export function title(facts: readonly CellFact[]): string {
  const promised = facts.filter(({ verdict }) => verdict !== "TOLD");
  return promised.length > 0 && promised.every(({ verdict }) => verdict === "HOLDS") ? "Sealed cell" : "Cell";
}

/** The facts that are weaker than they could be. */
export function reduced(facts: readonly CellFact[]): CellFact[] {
  return facts.filter(({ verdict }) => verdict === "REDUCED" || verdict === "BROKEN");
}

/** How a fact was found to be so, where that says more than the promise. */
export function found({ promised, measured, verdict }: CellFact): string | null {
  return verdict === "HOLDS" && promised !== null && promised !== measured ? measured : null;
}

/** What a fact comes to: the promise where it holds, else what was found. */
export function outcome({ promised, measured, verdict }: CellFact): string {
  return verdict === "HOLDS" && promised !== null ? promised : measured;
}

/** Takes a list of attempts apart. */
export function attempts(value: string): string[] {
  return value.split(", ").filter(Boolean);
}
