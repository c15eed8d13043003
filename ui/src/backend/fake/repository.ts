/** What the recording's repository answers: differences, branches, paths, and what was sent of it. */
import type { Branches, DiffWindow, Disclosure, Fault } from "../../bindings";
import { recordedFiles } from "./patches";

export const usuallyExcluded: readonly string[] = [
  ...[".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx"],
  ...["id_rsa*", "id_ed25519*", ".netrc", ".npmrc", ".pypirc", ".aws/", ".ssh/"],
];

export function recordedRows(path: string, from: number, count: number): DiffWindow {
  const file = recordedFiles.find((f) => f.change.path === path);
  if (!file)
    throw {
      code: "path_unknown",
      message: `read the differences of ${path}: it did not change`,
      hint: null,
    } satisfies Fault;
  const { change, language, notices } = file;
  const rows = file.rows.slice(from, from + count);
  const rest = { truncated: false, oldMissingNewline: false, newMissingNewline: path === "README.md" };
  return { change, language, fromRow: from, totalRows: file.rows.length, rows, notices, ...rest };
}

export async function recordedBranches(repo: string): Promise<Branches> {
  await new Promise((resolve) => setTimeout(resolve, 500));
  if (!repo.includes("/")) {
    throw {
      code: "repository_invalid",
      message: `list the branches of ${repo}: it is no repository`,
      hint: "Write owner/name, a git URL, or a local path.",
    } satisfies Fault;
  }
  return { names: ["main", "develop", "release/2.4", "agent/typescript"], default: "main" };
}

const paths = [
  ...["AGENTS.md", "README.md", "package.json", "src/App.tsx", "src/dates.ts", "src/entries.ts"],
  ...["src/legacy.js", "src/routes.ts", "src/types.ts", "test/dates.test.ts", "test/cities.json"],
];

/** Paths that hold the letters in their order, the shortest first. */
export function recordedPaths(typed: string): string[] {
  const wanted = typed.toLowerCase();
  const holds = (path: string) => {
    let at = 0;
    for (const letter of path.toLowerCase()) if (letter === wanted[at]) at += 1;
    return at >= wanted.length;
  };
  return paths.filter(holds).sort((a, b) => a.length - b.length);
}

/** The files whose text was sent; the agent of the long log has sent a thousand. */
export function recordedDisclosures(id: string, requests: number): Disclosure[] {
  if (requests === 0) return [];
  type To = Pick<Disclosure, "provider" | "baseUrl">;
  const own: To = { provider: "anthropic", baseUrl: null };
  const other: To = { provider: "openai", baseUrl: null };
  const sent = (path: string, by: string[], times: number, firstSeq: number, to = own): Disclosure => ({
    path,
    by,
    times,
    firstSeq,
    ...to,
  });
  const few = [
    sent("AGENTS.md", ["guidance"], 1, 5),
    sent("src/App.jsx", ["read_file", "mention"], 3, 9),
    sent("src/dates.js", ["read_file", "grep"], 2, 12),
    sent("src/dates.js", ["read_file"], 1, 31, other),
  ];
  if (id !== "a17") return few;
  const many = Array.from({ length: 1000 }, (_, n) =>
    sent(`src/entries/2024/entry-${String(n + 1).padStart(4, "0")}.ts`, ["grep"], 1 + (n % 4), 40 + n),
  );
  return [...few, ...many];
}
