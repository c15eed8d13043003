import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { account, again, click, having, open, signingIn } from "../../test/accounts";
import { show } from "../../test/render";
import AccountChip from "./AccountChip.svelte";

test("the chip shows who is used on GitHub, and that somebody must sign in again", async () => {
  show(
    AccountChip,
    {},
    having(
      account("other"),
      account("octocat", { chosen: true }),
      account("anna", { host: "a.example.com", chosen: true, trouble: again }),
    ),
  );
  const chip = await screen.findByTestId("account-chip");
  expect(chip.textContent.replace(/\s+/g, " ").trim()).toBe("octocat An account cannot be used");
});

test("accounts stand by their host, and each says how it was signed in and what it lacks", async () => {
  await open(
    /octocat/,
    having(
      account("anna", { host: "a.example.com", key: "a/1", chosen: true, way: "BROWSER" }),
      account("work", { way: "TOKEN", lacks: ["workflow"] }),
      account("octocat", { chosen: true, way: "GH" }),
    ),
  );
  const rows = await screen.findAllByTestId("account");
  expect(rows.map((row) => row.dataset.key)).toEqual(["github.com/octocat", "github.com/work", "a/1"]);
  expect(rows[0]?.textContent).toContain("uses the token of gh");
  expect(rows[1]?.textContent).toMatch(/signed in with a token[^]*Its token lacks workflow/);
  const group = screen.getByRole("radiogroup", { name: /^github.com/ });
  expect(group.querySelectorAll("input[type=radio]")).toHaveLength(2);
});

test("another account and another address are chosen where they stand", async () => {
  const done: unknown[] = [];
  await open(/octocat/, {
    ...having(account("octocat", { chosen: true }), account("work")),
    chooseAccount: async (key) => void done.push(key),
    setCommitEmail: async (key, email) => void done.push([key, email]),
  });
  await fireEvent.click(await screen.findByRole("radio", { name: "work" }));
  const [email] = await screen.findAllByTestId<HTMLSelectElement>("commit-email");
  await waitFor(() => expect(email?.disabled).toBe(false));
  await fireEvent.change(email as HTMLElement, { target: { value: "octocat@users.noreply.github.com" } });
  expect(done).toEqual(["github.com/work", ["github.com/octocat", "octocat@users.noreply.github.com"]]);
});

test("a choice that is refused is taken back on screen, with why", async () => {
  const fault = { code: "keychain_locked", message: "open the keychain: it is locked", hint: "unlock it" };
  await open(/octocat/, {
    ...having(account("octocat", { chosen: true }), account("work")),
    chooseAccount: () => Promise.reject(fault),
  });
  await fireEvent.click(await screen.findByRole("radio", { name: "work" }));
  expect((await screen.findByRole("alert")).textContent).toContain(
    "Open the keychain: it is locked. Unlock it.",
  );
  await waitFor(() =>
    expect(screen.getByRole<HTMLInputElement>("radio", { name: "octocat" }).checked).toBe(true),
  );
});

test("signing out asks in plain words first, and staying changes nothing", async () => {
  const out: string[] = [];
  let accounts = [account("octocat", { chosen: true })];
  await open(/octocat/, {
    accounts: async () => accounts,
    signOut: async (key) => {
      out.push(key);
      accounts = [];
    },
  });
  await click("sign-out");
  expect(screen.getByTestId("signing-out").textContent).toContain("forgets its tokens on this machine");
  expect(document.activeElement).toBe(screen.getByTestId("stay"));
  await click("stay");
  expect([out, screen.queryByTestId("signing-out")]).toEqual([[], null]);
  await click("sign-out");
  await click("leave");
  await screen.findByTestId("add");
  expect(out).toEqual(["github.com/octocat"]);
});

test("an account in trouble is signed in again in the way in which it was", async () => {
  const { asked, methods } = signingIn(having(account("octocat", { chosen: true, trouble: again })));
  await open(/octocat/, methods);
  await click("sign-in-again");
  await screen.findByTestId("signing-in");
  expect(asked).toEqual([["github.com", "CODE", null, true]]);
});

test("accounts that cannot be read are said, and asked for again", async () => {
  let broken = true;
  const fault = { code: "keychain_locked", message: "open the keychain", hint: "unlock it" };
  await open(/Accounts/, {
    accounts: async () => (broken ? Promise.reject(fault) : [account("octocat", { chosen: true })]),
  });
  expect((await screen.findByTestId("error-banner")).textContent).toContain("Open the keychain. Unlock it.");
  broken = false;
  await click("accounts-again");
  await screen.findByTestId("account");
});
