import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fakeBackend } from "../backend/fake/fake";
import type { LinkedRepository, RepositoryList } from "../bindings";
import { nameOf } from "./issues.svelte";
import { Repositories, unfit } from "./repositories.svelte";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const repository = (name: string, more: Partial<LinkedRepository> = {}): LinkedRepository => ({
  ...{ address: `octo/${name}`, owner: "octo", name, description: null, private: false, archived: false },
  ...{ canPush: true, defaultBranch: "main", pushedAt: null },
  ...more,
});
const list = (names: string[], more: Partial<RepositoryList> = {}): RepositoryList => ({
  ...{ account: "github.com/1", repositories: names.map((name) => repository(name)), total: names.length },
  ...{ reading: false, fault: null, grantUrl: null, ssoUrl: null, rate: null },
  ...more,
});

/** Repositories over a backend whose answers the test gives, in the order in which it was asked. */
function asking() {
  const asked: [string | null, string][] = [];
  const answers: ((list: RepositoryList) => void)[] = [];
  const backend = Object.assign(fakeBackend("still"), {
    repositories: (account: string | null, text: string) => {
      asked.push([account, text]);
      return new Promise<RepositoryList>((resolve) => answers.push(resolve));
    },
  });
  const repositories = new Repositories(backend);
  const names = () => repositories.listed.map(({ name }) => name);
  return { repositories, asked, answers, names };
}

test("what is typed is searched once, and only the last answer counts", async () => {
  const { repositories, asked, answers, names } = asking();
  for (const text of ["w", "we", "web"]) repositories.type(text);
  await vi.advanceTimersByTimeAsync(200);
  repositories.type("api");
  await vi.advanceTimersByTimeAsync(200);
  expect(asked).toEqual([
    [null, "web"],
    [null, "api"],
  ]);
  answers[1]?.(list(["api"]));
  await vi.advanceTimersByTimeAsync(0);
  answers[0]?.(list(["web"]));
  await vi.advanceTimersByTimeAsync(0);
  expect([names(), repositories.asking]).toEqual([["api"], false]);
});

test("while pages come in the list is read anew, and no longer once it is whole or closed", async () => {
  const { repositories, asked, answers, names } = asking();
  void repositories.look("");
  answers[0]?.(list(["web"], { reading: true }));
  await vi.advanceTimersByTimeAsync(1000);
  expect([names(), asked.length]).toEqual([["web"], 2]);
  answers[1]?.(list(["web", "api"]));
  await vi.advanceTimersByTimeAsync(5000);
  expect([names(), asked.length]).toEqual([["web", "api"], 2]);
  void repositories.look("");
  answers[2]?.(list(["web"], { reading: true }));
  await vi.advanceTimersByTimeAsync(0);
  repositories.close();
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked.length).toBe(3);
});

test("another account's repositories do not stay in the list", async () => {
  const { repositories, asked, answers, names } = asking();
  void repositories.look("");
  answers[0]?.(list(["web"]));
  await vi.advanceTimersByTimeAsync(0);
  void repositories.of("ghe.example.com/2");
  expect([names(), repositories.named("octo/web")]).toEqual([[], undefined]);
  expect(asked[1]).toEqual(["ghe.example.com/2", ""]);
});

test("a rate limit is worth a word when little is left of it", async () => {
  const { repositories, answers } = asking();
  const rate = (remaining: number) => ({ remaining, limit: 5000, resetsAt: 1 });
  void repositories.look("");
  answers[0]?.(list([], { rate: rate(500) }));
  await vi.advanceTimersByTimeAsync(0);
  expect(repositories.low).toBe(null);
  void repositories.look("");
  answers[1]?.(list([], { rate: rate(499) }));
  await vi.advanceTimersByTimeAsync(0);
  expect(repositories.low).toEqual(rate(499));
});

test("a repository that no agent can push to says why", () => {
  expect(unfit(repository("web"))).toBe(null);
  expect(unfit(repository("web", { archived: true, canPush: false }))).toMatch(/^archived/);
  expect(unfit(repository("web", { canPush: false }))).toMatch(/^read only/);
  expect(unfit(repository("web", { defaultBranch: null }))).toMatch(/^empty/);
});

test.each([
  ["Entries  move\n to another day", "Entries move to another day"],
  ["\u202e\u0007 ", "Issue 7"],
  ["x".repeat(200), `${"x".repeat(99)}…`],
  ["𝒳".repeat(101), `${"𝒳".repeat(99)}…`],
])("an issue titled %j names its agent %j", (title, name) => {
  expect(nameOf({ title, number: 7 })).toBe(name);
});
