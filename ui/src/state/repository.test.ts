import { expect, test } from "vitest";
import { born } from "../backend/fake/cast";
import type { Agent } from "../bindings";
import { acquainted } from "./repository";

const agent = (id: string, repo: string, more: Partial<Agent> = {}): Agent => ({
  ...born(id, id, "", repo, "", 0).agent,
  baseTree: "t",
  ...more,
});

test("the newest agent that cloned the repository knows its files, one of the same branch before others", () => {
  const agents = [
    agent("old", "octo/web", { createdAt: 1 }),
    agent("new", "octo/web", { createdAt: 2 }),
    agent("branch", "octo/web", { createdAt: 0, sourceBranch: "develop" }),
    agent("uncloned", "octo/web", { createdAt: 3, baseTree: null }),
    agent("other", "octo/api", { createdAt: 4 }),
  ];
  const of = (repo: string, branch: string) => acquainted(agents, repo, branch)?.id;
  expect(of("octo/web", "main")).toBe("new");
  expect(of("octo/web", "develop")).toBe("branch");
  expect(of("octo/web", "unheard-of")).toBe("new");
  expect([of("octo/cli", "main"), of("", "main")]).toEqual([undefined, undefined]);
});

test("a repository is the same however it is written, and no other one is", () => {
  const knows = (repo: string, typed: string) => acquainted([agent("a", repo)], typed, "main") !== undefined;
  for (const typed of [
    " octo/web ",
    "Octo/Web",
    "https://github.com/octo/web",
    "https://github.com/octo/web.git",
    "git@github.com:octo/web.git",
    "https://github.com/octo/web/",
  ])
    expect([typed, knows("octo/web", typed)]).toEqual([typed, true]);
  for (const typed of ["https://gitlab.com/octo/web", "octo/web2", "/home/octo/web", "octo"])
    expect([typed, knows("octo/web", typed)]).toEqual([typed, false]);
  expect(knows("/home/octo/Web.git", "/home/octo/Web")).toBe(true);
  expect(knows("/home/octo/Web.git", "/home/octo/web")).toBe(false);
});
