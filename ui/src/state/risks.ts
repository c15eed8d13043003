/** What deserves a look before a push, in words and by its gravity. */
import type { Risk, RiskKind, RisksLeftOut } from "../bindings";

type Words = {
  /** What such a risk is, as a heading. */
  title: string;
  /** Why it matters, in one line. */
  why: string;
  grave: boolean;
};

/** The gravest first. */
export const riskWords: Record<RiskKind, Words> = {
  SECRET: { title: "Looks like a secret", why: "Whoever can read the branch can use it.", grave: true },
  WORKFLOW: {
    title: "Runs in CI",
    why: "It runs on the repository's machines once it is pushed.",
    grave: true,
  },
  HOOK: { title: "Runs by itself", why: "It runs on the machine of whoever checks this out.", grave: true },
  HIDDEN_UNICODE: { title: "Hidden characters", why: "The text is not what it looks like.", grave: true },
  WIDE_GAP: {
    title: "Text behind blanks",
    why: "Blanks put it out of sight: scroll the line to its end.",
    grave: false,
  },
  EXECUTABLE: { title: "Became executable", why: "It can be run as a program.", grave: false },
  LINK: { title: "Link or submodule", why: "It leads to another place.", grave: false },
  LOCKFILE: { title: "Lockfile", why: "What it names is downloaded and run.", grave: false },
  BINARY: { title: "Binary file", why: "Its content cannot be reviewed here.", grave: false },
  LARGE: { title: "Large file", why: "It stays in the history for good.", grave: false },
};

export type RiskGroup = Words & {
  kind: RiskKind;
  risks: Risk[];
  /** How many there are, with those that are not listed. */
  count: number;
};

/** Groups risks by their kind, the gravest first; within a group they keep their order. */
export function groups(risks: readonly Risk[], leftOut: readonly RisksLeftOut[]): RiskGroup[] {
  const kinds = Object.keys(riskWords) as RiskKind[];
  return kinds
    .map((kind) => {
      const listed = risks.filter((risk) => risk.kind === kind);
      const more = leftOut.find((left) => left.kind === kind)?.count ?? 0;
      return { kind, ...riskWords[kind], risks: listed, count: listed.length + more };
    })
    .filter((group) => group.count > 0);
}
