import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import type { Fault } from "../../../bindings";
import { button, dialog, failed, opened } from "../../../test/pushing";

const cancelled: Fault = { code: "push_cancelled", message: "push the branch: cancelled", hint: null };

test("a push that is on its way is cancelled, and can be begun again", async () => {
  const { tell, calls } = await opened("a03", { cancelPush: async () => {} });
  expect(screen.queryByTestId("push-cancel")).toBe(null);
  await fireEvent.click(await button());
  await fireEvent.click(await screen.findByTestId("push-cancel"));
  await waitFor(() => expect(calls.at(-1)).toEqual(["cancelPush", "a03"]));
  tell({ type: "pushFailed", fault: cancelled }, { status: "COMPLETED", ...failed(cancelled) });
  const banner = await within(dialog() as HTMLElement).findByTestId("error-banner");
  expect(banner.textContent).toContain("Push the branch: cancelled.");
  expect(screen.queryByTestId("push-cancel")).toBe(null);
  await waitFor(async () => expect((await button()).disabled).toBe(false));
});

test("a push whose commits are still being signed is cancelled too", async () => {
  let refuse: (fault: Fault) => void = () => {};
  const push = () => new Promise<void>((_, reject) => (refuse = reject));
  const { calls } = await opened("a03", { push, cancelPush: async () => refuse(cancelled) });
  await fireEvent.click(await button());
  expect((await button()).textContent?.trim()).toBe("Pushing…");
  await fireEvent.click(await screen.findByTestId("push-cancel"));
  const banner = await within(dialog() as HTMLElement).findByTestId("error-banner");
  expect(banner.textContent).toContain("Push the branch: cancelled.");
  expect(calls.map(([name]) => name)).toEqual(["push", "cancelPush"]);
  await waitFor(() => expect(screen.queryByTestId("push-cancel")).toBe(null));
});

test("a push that ends while it is being cancelled is told by the log alone", async () => {
  const over: Fault = { code: "wrong_status", message: "cancel the push: it is COMPLETED", hint: null };
  const { tell } = await opened("a03", { cancelPush: () => Promise.reject(over) });
  await fireEvent.click(await button());
  await fireEvent.click(await screen.findByTestId("push-cancel"));
  tell({ type: "pushCompleted", branch: "b", commit: "c", created: true }, { status: "COMPLETED" });
  await waitFor(() => expect(dialog()).toBe(null));
});
