import { expect, test } from "vitest";
import { deliveryText } from "./delivery";
import { checkDelivery, toDelivery, usualDeliveryDraft } from "./deliveryDraft";

test("what is usual is what the engine has, and asks the user for each step", () => {
  expect(toDelivery(usualDeliveryDraft)).toEqual({
    commits: "ONE",
    trailer: false,
    pushUnreviewed: false,
    pullRequest: "ON_REQUEST",
    followUp: false,
    mostFollowUps: 3,
  });
  expect(deliveryText(toDelivery(usualDeliveryDraft))).toBe(
    "you review and push · one commit · pull request on request",
  );
});

test("everything that happens by itself is said in the one line", () => {
  const all = { ...usualDeliveryDraft, pushUnreviewed: true, followUp: true, pullRequest: "READY" } as const;
  expect(deliveryText(toDelivery({ ...all, commits: "PER_INSTRUCTION", mostFollowUps: "5" }))).toBe(
    "pushes without a review · a commit for each instruction · pull request after a push · follows up by itself, at most 5 times",
  );
});

test.each(["", "0", "21", "1.5", "many", "-1"])("following up %j times is refused", (most) => {
  const draft = { ...usualDeliveryDraft, followUp: true, mostFollowUps: most };
  expect(checkDelivery(draft)?.message).toBe("Write a number from 1 to 20.");
  expect(checkDelivery({ ...draft, followUp: false })).toBe(undefined);
});
