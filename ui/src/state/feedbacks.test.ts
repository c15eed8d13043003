import { expect, test } from "vitest";
import { fakeBackend } from "../backend/fake/fake";
import { Feedbacks } from "./feedbacks.svelte";

test("what the log says was heard from GitHub, so nothing is in the way of that any more", async () => {
  const fault = { code: "forge_offline", message: "look for feedback: no answer", hint: null };
  const lookForFeedback = () => Promise.reject(fault);
  const feedbacks = new Feedbacks(Object.assign(fakeBackend("still"), { lookForFeedback }), "p02");
  await feedbacks.look();
  expect(feedbacks.trouble).toEqual(fault);
  await feedbacks.heard();
  expect([feedbacks.trouble, feedbacks.list.length > 0]).toEqual([null, true]);
});
