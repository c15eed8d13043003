import { toast } from "svelte-sonner";
import { beforeEach, expect, test, vi } from "vitest";
import { fakeBackend } from "../backend/fake/fake";
import type { LinkedAccount, SignInProgress } from "../bindings";
import { account, again } from "../test/accounts";
import { Accounts } from "./accounts.svelte";
import { followSignIns } from "./signInEnded";

const told = vi.spyOn(toast, "success");
const failed = vi.spyOn(toast, "error");

beforeEach(() => {
  told.mockClear();
  failed.mockClear();
});

/** Accounts that the test adds to, and what a link would tell. */
function following() {
  const signedIn: LinkedAccount[] = [];
  let tell: (ended: SignInProgress) => void = () => {};
  let ended = 0;
  const backend = Object.assign(fakeBackend("still"), {
    accounts: async () => [...signedIn],
    watchSignIns: (heard: (progress: SignInProgress) => void) => {
      tell = heard;
      return () => void (ended += 1);
    },
  });
  const accounts = new Accounts(backend);
  const end = followSignIns(backend, accounts);
  return { signedIn, accounts, end, tell: (one: SignInProgress) => tell(one), ended: () => ended };
}

test("a link that signs somebody in brings the account and says who it is", async () => {
  const { signedIn, accounts, end, tell, ended } = following();
  const ada = account("ada", { chosen: true });
  signedIn.push(ada);
  tell({ type: "signedIn", account: ada });
  await vi.waitFor(() => expect(accounts.all).toEqual([ada]));
  expect([told.mock.calls, failed.mock.calls]).toEqual([[["Signed in as ada on github.com"]], []]);
  end();
  expect(ended()).toBe(1);
});

test("a link that is refused says why and what to do", async () => {
  const { accounts, tell } = following();
  tell({ type: "failed", fault: again });
  await vi.waitFor(() => expect(accounts.state).toBe("ready"));
  expect(told).not.toHaveBeenCalled();
  expect(failed.mock.calls).toEqual([
    ["Stay signed in: the token has expired.", expect.objectContaining({ description: "Sign in again." })],
  ]);
});
