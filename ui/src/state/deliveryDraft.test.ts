import { expect, test } from "vitest";
import { checkDelivery, deliverySummary, toDelivery, usualDeliveryDraft } from "./deliveryDraft";

test("what is usual is what the engine has, and asks the user for each step", () => {
  expect(toDelivery(usualDeliveryDraft)).toEqual({
    commits: "ONE",
    trailer: false,
    pushUnreviewed: false,
    pullRequest: "ON_REQUEST",
    followUp: false,
    mostFollowUps: 3,
  });
  expect(deliverySummary(usualDeliveryDraft)).toBe("you review and push · one commit");
});

test("everything that happens by itself is said in the one line", () => {
  const all = { ...usualDeliveryDraft, pushUnreviewed: true, followUp: true, pullRequest: "READY" } as const;
  expect(deliverySummary({ ...all, commits: "PER_INSTRUCTION" })).toBe(
    "pushes without a review · a commit for each instruction · pull request · follows up",
  );
});

test.each(["", "0", "21", "1.5", "many", "-1"])("following up %j times is refused", (most) => {
  const draft = { ...usualDeliveryDraft, followUp: true, mostFollowUps: most };
  expect(checkDelivery(draft)?.message).toBe("Write a number from 1 to 20.");
  expect(checkDelivery({ ...draft, followUp: false })).toBe(undefined);
});
