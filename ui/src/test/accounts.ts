/** Accounts, and sign-ins that a test goes on with, for the tests of what is about them. */
import { fireEvent, screen } from "@testing-library/svelte";
import type { Backend } from "../backend/backend";
import { fakeBackend } from "../backend/fake/fake";
import type { LinkedAccount, SignInOffer, SignInProgress } from "../bindings";
import AccountChip from "../parts/account/AccountChip.svelte";
import { show } from "./render";

export const account = (login: string, more: Partial<LinkedAccount> = {}): LinkedAccount => ({
  ...{ key: `github.com/${login}`, host: "github.com", login, name: `${login} by name` },
  ...{ email: `${login}@example.com`, emails: [`${login}@example.com`, `${login}@users.noreply.github.com`] },
  ...{ way: "CODE", chosen: false, sessionOnly: false, expiresAt: null, lacks: [], trouble: null },
  ...more,
});

export const again = {
  code: "sign_in_again",
  message: "stay signed in: the token has expired",
  hint: "sign in again",
};

/** Opens the dialog from the chip that shows these words. */
export async function open(words: RegExp, methods: Partial<Backend>): Promise<HTMLElement> {
  show(AccountChip, {}, methods);
  await fireEvent.click(await screen.findByRole("button", { name: words }));
  return screen.findByRole("dialog");
}

export const having = (...accounts: LinkedAccount[]): Partial<Backend> => ({
  accounts: async () => accounts,
});
export const click = async (testid: string) => fireEvent.click(await screen.findByTestId(testid));

/** A backend in which nobody is signed in, whose sign-ins the test goes on with. */
export function signingIn(more: Partial<Backend> = {}, offered: Partial<SignInOffer> = {}) {
  const asked: [string, string, string | null, boolean | null][] = [];
  let tell: (progress: SignInProgress) => void = () => {};
  let ended = 0;
  let accounts: LinkedAccount[] = [];
  const recorded = fakeBackend("still");
  const methods: Partial<Backend> = {
    accounts: async () => accounts,
    signInOffer: async (host) => ({ ...(await recorded.signInOffer("github.com")), host, ...offered }),
    signIn: (host, way, token, remember, heard) => {
      asked.push([host, way, token, remember]);
      tell = (progress) => {
        if (progress.type === "signedIn") accounts = [progress.account];
        heard(progress);
      };
      return () => void (ended += 1);
    },
    ...more,
  };
  return { asked, methods, tell: (progress: SignInProgress) => tell(progress), ended: () => ended };
}

export const code = (inMs: number): SignInProgress => ({
  type: "code",
  userCode: "WDJB-MJHT",
  address: "https://github.com/login/device",
  expiresAt: Date.now() + inMs,
});
