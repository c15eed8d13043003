import { expect, test } from "vitest";
import type { Agent, FileChange } from "../bindings";
import { born } from "../backend/fake/cast";
import { ago, compact, duration, elapsed, sentence, size } from "./format";
import { hear, nothingLive, settle } from "./live";
import { stateOf, stay } from "./open";
import { moved } from "./queue";
import { repositoryName } from "./repository";
import { firstFile, tree } from "./tree";
import { hasUnpushed, recovery, verbs } from "./verbs";

function agent(more: Partial<Agent>): Agent {
  return { ...born("a", "Fix dates", "task", "octo/api", "agent/dates", 0).agent, ...more };
}

function change(path: string): FileChange {
  return {
    path,
    oldPath: null,
    kind: "MODIFIED",
    added: 1,
    removed: 1,
    binary: false,
    oldMode: 1,
    newMode: 1,
  };
}

test("each status offers what the engine accepts in it", () => {
  const cases: [Partial<Agent>, string[]][] = [
    [{ status: "IDLE" }, ["start", "delete"]],
    [{ status: "IDLE", waiting: true }, ["cancelStart", "delete"]],
    [{ status: "CLONING" }, ["stop"]],
    [{ status: "RUNNING" }, ["pause", "stop"]],
    [{ status: "PAUSED" }, ["resume", "delete"]],
    [{ status: "PAUSED", filesChanged: 2 }, ["resume", "push", "delete"]],
    [{ status: "COMPLETED" }, ["delete"]],
    [{ status: "COMPLETED", filesChanged: 2 }, ["push", "delete"]],
    [{ status: "ERROR" }, ["start", "delete"]],
    [{ status: "ERROR", baseTree: "t" }, ["resume", "start", "delete"]],
    [{ status: "PUSHING" }, ["cancelPush"]],
    [{ status: "PAUSED", filesChanged: 2, deletedAt: 9 }, []],
  ];
  expect(cases.map(([more]) => verbs(agent(more)))).toEqual(cases.map(([, expected]) => expected));
});

test("what was pushed is pushed again only after it was completed again", () => {
  const pushed = { status: "COMPLETED", filesChanged: 1, completedAt: 10, pushedAt: 20 } as const;
  expect(hasUnpushed(agent(pushed))).toBe(false);
  expect(hasUnpushed(agent({ ...pushed, completedAt: 30 }))).toBe(true);
});

test("a failed push is answered by pushing again", () => {
  const failed = { status: "COMPLETED", filesChanged: 1, errorMessage: "push the branch: refused" } as const;
  expect(recovery(agent(failed))).toBe("push");
  expect(recovery(agent({ ...failed, errorMessage: null }))).toBe(null);
});

test("files stand behind folders, and folders with one child are joined to it", () => {
  const rows = tree(
    [change("b.ts"), change("src/a/b/c.ts"), change("src/a/b/d10.ts"), change("src/a/b/d9.ts")],
    new Set(),
  );
  expect(rows.map((row) => [row.type, row.name, row.depth])).toEqual([
    ["folder", "src/a/b", 0],
    ["file", "c.ts", 1],
    ["file", "d9.ts", 1],
    ["file", "d10.ts", 1],
    ["file", "b.ts", 0],
  ]);
});

test("a closed folder hides its files", () => {
  const rows = tree([change("src/a.ts"), change("z.ts")], new Set(["src"]));
  expect(rows.map((row) => row.path)).toEqual(["src", "z.ts"]);
});

test("the first file is the one that stands first in the tree", () => {
  expect(firstFile([change("a.ts"), change("src/z.ts")])).toBe("src/z.ts");
  expect(firstFile([])).toBe(null);
});

test("the open file stays open while others come, follows a move, and gives way when it is undone", () => {
  const moved = { ...change("lib/b.ts"), oldPath: "b.ts" };
  expect(stay([change("a/new.ts"), change("b.ts")], "b.ts")).toBe("b.ts");
  expect(stay([change("a/new.ts"), moved], "b.ts")).toBe("lib/b.ts");
  expect(stay([change("a/new.ts")], "b.ts")).toBe("a/new.ts");
  expect(stay([], "b.ts")).toBe(null);
});

test("a file is another after an edit that left its counts alike, and after its entry changed", () => {
  const before = stateOf(change("a.ts"), 7);
  expect(stateOf(change("a.ts"), 7)).toBe(before);
  expect(stateOf(change("a.ts"), 8)).not.toBe(before);
  expect(stateOf({ ...change("a.ts"), newMode: 2 }, 7)).not.toBe(before);
});

test("a repository is named by its owner and name, or by the last part of a local path", () => {
  const names: [string, string][] = [
    ["octo/web", "octo/web"],
    ["https://github.com/octo/web.git", "octo/web"],
    ["https://git.example.com/group/sub/web/", "sub/web"],
    ["git@github.com:octo/web.git", "octo/web"],
    ["ssh://git@example.com:22/octo/web.git", "octo/web"],
    ["/srv/git/tidepool.git", "tidepool"],
    ["/srv/git/tidepool/", "tidepool"],
    ["file:///srv/git/tidepool.git", "tidepool"],
    ["~/src/tidepool", "tidepool"],
    ["./tidepool", "tidepool"],
    ["C:\\src\\tidepool.git", "tidepool"],
    ["/", "/"],
  ];
  expect(names.map(([whole]) => repositoryName(whole))).toEqual(names.map(([, name]) => name));
});

test("messages and hints are written as sentences", () => {
  const texts: [string, string][] = [
    ["find a container engine at /run/docker.sock", "Find a container engine at /run/docker.sock."],
    ["Already one.", "Already one."],
    ["ask the model: refused (401)", "Ask the model: refused (401)."],
    ["run `git config user.name`", "Run `git config user.name`."],
    ["which branch?", "Which branch?"],
    ["the server said “no such branch.”", "The server said “no such branch.”"],
    ["  écrire ", "Écrire."],
    ["", ""],
  ];
  expect(texts.map(([text]) => sentence(text))).toEqual(texts.map(([, written]) => written));
});

test("a running time moves in whole seconds", () => {
  expect([0, 999, 1000, 59_999, 60_000, 125_400].map(elapsed)).toEqual([
    "0 s",
    "0 s",
    "1 s",
    "59 s",
    "1 m",
    "2 m 05 s",
  ]);
});

test("moving an item keeps the others in order, and outside of the list nothing moves", () => {
  expect(moved(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
  expect(moved(["a", "b"], 0, -1)).toEqual(["a", "b"]);
  expect(moved(["a", "b"], 1, 2)).toEqual(["a", "b"]);
});

test("numbers are written short", () => {
  expect([0, 999, 1000, 99_949, 123_456, 999_950, 2_000_000].map(compact)).toEqual([
    "0",
    "999",
    "1.0k",
    "99.9k",
    "123k",
    "1.00M",
    "2.00M",
  ]);
  expect([0, 8, 1400, 125_000, 3_600_000, 3_725_000].map(duration)).toEqual([
    "0 s",
    "8 ms",
    "1.4 s",
    "2 m 05 s",
    "1 h",
    "1 h 02 m",
  ]);
  expect([10_000, 180_000, 7_200_000, 400_000_000].map((ms) => ago(0, ms))).toEqual([
    "now",
    "3 m",
    "2 h",
    "4 d",
  ]);
  expect([900, 2048, 3 * 1024 * 1024].map(size)).toEqual(["900 KiB", "2.0 MiB", "3.00 GiB"]);
});

test("words that are being said pass when the answer is in the log", () => {
  const saying = [
    { type: "modelRequested", request: 1 },
    { type: "textDelta", text: "Hel" },
    { type: "textDelta", text: "lo" },
  ] as const;
  const live = saying.reduce(hear, nothingLive);
  expect(live.text).toBe("Hello");
  expect(settle(live, [{ seq: 1, at: 1, kind: { type: "resumed" } }])).toBe(live);
  const usage = { inputTokens: 1, cachedTokens: 0, outputTokens: 1 };
  const answered = {
    type: "modelAnswered",
    request: 1,
    text: "Hello",
    reasoning: null,
    replay: null,
    usage,
    durationMs: 1,
  } as const;
  expect(settle(live, [{ seq: 2, at: 1, kind: answered }])).toEqual(nothingLive);
});

test("an end that the log could not hold takes the place of what was being said, until the log goes on", () => {
  const fault = { code: "store_failed", message: "write the log: the disk is full", hint: null };
  const saying = hear(nothingLive, { type: "textDelta", text: "Hel" });
  const ended = hear(saying, { type: "unwritten", fault });
  expect(ended).toEqual({ ...nothingLive, unwritten: fault });
  const paused = { type: "paused", reason: "INTERRUPTED", limit: null } as const;
  expect(settle(ended, [{ seq: 1, at: 1, kind: paused }])).toEqual(nothingLive);
});

test("how far a clone and a filling are passes when they end, however they end", () => {
  const clone = {
    type: "cloneProgress",
    phase: "RECEIVING",
    ...{ received: 1, total: 2, kib: 3, bytesPerSecond: 4, againInS: 0 },
  } as const;
  const live = [clone, { type: "importProgress", done: 1, total: 2 } as const].reduce(hear, nothingLive);
  expect([live.clone, live.filling]).toEqual([clone, { type: "importProgress", done: 1, total: 2 }]);
  const fault = { code: "fetch_failed", message: "fetch the branch: no answer", hint: null };
  const ends = [
    { type: "paused", reason: "INTERRUPTED", limit: null } as const,
    { type: "failed", fault } as const,
  ];
  for (const kind of ends) expect(settle(live, [{ seq: 1, at: 1, kind }])).toEqual(nothingLive);
  const again = settle(live, [{ seq: 1, at: 1, kind: { type: "cloneStarted" } }]);
  expect([again.clone, again.filling]).toEqual([null, live.filling]);
});
