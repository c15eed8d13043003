import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Mentions } from "./mentions.svelte";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(1000);

test("paths are asked for once typing settles, and the list is open from then on", async () => {
  const asked: string[] = [];
  const mentions = new Mentions(async (typed) => (asked.push(typed), ["src/a.ts"]));
  mentions.typed("See @s", 6);
  mentions.typed("See @sr", 7);
  expect([mentions.open, asked]).toEqual([false, []]);
  await settle();
  expect([mentions.open, mentions.paths, asked]).toEqual([true, ["src/a.ts"], ["sr"]]);
  mentions.close();
  expect(mentions.open).toBe(false);
});

test("where no files are known nothing opens, and it opens once they are", async () => {
  let known = false;
  const mentions = new Mentions(() => (known ? Promise.resolve(["src/a.ts"]) : null));
  mentions.typed("@s", 2);
  await settle();
  expect([mentions.open, mentions.paths]).toEqual([false, []]);
  known = true;
  mentions.typed("@sr", 3);
  await settle();
  expect([mentions.open, mentions.paths]).toEqual([true, ["src/a.ts"]]);
});

test("paths of a repository that is not known any more are not offered", async () => {
  let known = true;
  const mentions = new Mentions(() => (known ? Promise.resolve(["src/a.ts"]) : null));
  mentions.typed("@s", 2);
  await settle();
  known = false;
  mentions.typed("@sr", 3);
  await settle();
  expect([mentions.open, mentions.paths]).toEqual([false, []]);
});

test("a fault is told in the list", async () => {
  const mentions = new Mentions(() => Promise.reject({ code: "x", message: "read the tree", hint: null }));
  mentions.typed("@s", 2);
  await settle();
  expect([mentions.open, mentions.stage, mentions.reason]).toEqual([true, "failed", "read the tree"]);
});
