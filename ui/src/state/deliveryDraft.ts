/** How an agent's work is handed over, as the create form holds it. */
import type { CommitStyle, Delivery, PullRequestWish } from "../bindings";
import { usualDelivery } from "./delivery";

export type DeliveryDraft = Omit<Required<Delivery>, "mostFollowUps"> & { mostFollowUps: string };

/** As the engine has it, unless the user says otherwise. */
export const usualDeliveryDraft: DeliveryDraft = {
  ...usualDelivery,
  mostFollowUps: String(usualDelivery.mostFollowUps),
};

/** More than this is no cap. */
const MOST = 20;

export const commitStyles: readonly { value: CommitStyle; label: string }[] = [
  { value: "ONE", label: "One commit" },
  { value: "PER_INSTRUCTION", label: "One for each instruction" },
];

export const pullRequestWishes: readonly { value: PullRequestWish; label: string }[] = [
  { value: "ON_REQUEST", label: "When I ask for it" },
  { value: "DRAFT", label: "After the push, as a draft" },
  { value: "READY", label: "After the push, ready for review" },
];

/** Reads the cap of attempts; none where it makes no sense. */
function cap(text: string): number | null {
  const number = /^\d{1,3}$/.test(text.trim()) ? Number(text.trim()) : 0;
  return number >= 1 && number <= MOST ? number : null;
}

export function checkDelivery(draft: DeliveryDraft): { message: string; hint: string | null } | undefined {
  if (!draft.followUp || cap(draft.mostFollowUps) !== null) return undefined;
  return { message: `Write a number from 1 to ${MOST}.`, hint: null };
}

export function toDelivery(draft: DeliveryDraft): Delivery {
  return { ...draft, mostFollowUps: cap(draft.mostFollowUps) ?? usualDelivery.mostFollowUps };
}
