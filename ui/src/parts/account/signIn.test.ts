import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import type { ForgeApp } from "../../bindings";
import { account, again, click, code, having, open, signingIn } from "../../test/accounts";

test("a code is shown large with its page and its end, and leads to the account", async () => {
  const opened: string[] = [];
  const copied: string[] = [];
  vi.stubGlobal("navigator", { clipboard: { writeText: async (text: string) => void copied.push(text) } });
  const { asked, methods, tell } = signingIn({ openPage: async (url) => void opened.push(url) });
  await open(/Sign in/, methods);
  await click("way-CODE");
  tell(code(15 * 60_000 - 1));
  expect((await screen.findByTestId("user-code")).textContent.trim()).toBe("WDJB-MJHT");
  expect(screen.getByTestId("signing-in").textContent).toMatch(/code\s+expires in 15 min/);
  await click("open-github");
  await click("copy-code");
  tell({ type: "signedIn", account: account("octocat", { chosen: true }) });
  expect((await screen.findByTestId("joined")).textContent).toContain("Signed in as octocat");
  await click("install");
  expect([asked, copied, opened]).toEqual([
    [["github.com", "CODE", null, true]],
    ["WDJB-MJHT"],
    ["https://github.com/login/device", "https://github.com/apps/anchorhold/installations/new"],
  ]);
  vi.unstubAllGlobals();
});

test("while GitHub does not answer that is said beside the code", async () => {
  const { methods, tell } = signingIn();
  await open(/Sign in/, methods);
  await click("way-CODE");
  tell(code(900_000));
  tell({ type: "unreachable", seconds: 40 });
  expect((await screen.findByTestId("unreachable")).textContent).toMatch(/asked again in (40|39) s/);
  expect(screen.getByTestId("user-code")).toBeTruthy();
});

test("a sign-in that is cancelled or closed is ended", async () => {
  const { methods, tell, ended } = signingIn();
  const dialog = await open(/Sign in/, methods);
  await click("way-BROWSER");
  tell({ type: "browser", address: "https://github.com/login/oauth/authorize", expiresAt: Date.now() + 1e6 });
  await click("sign-in-cancel");
  expect([ended(), await screen.findByTestId("add")]).toEqual([1, expect.anything()]);
  await click("way-CODE");
  await fireEvent.keyDown(dialog, { key: "Escape" });
  await waitFor(() => expect(ended()).toBe(2));
});

test("a failure says what to do, and does it by a button", async () => {
  const { asked, methods, tell } = signingIn();
  await open(/Sign in/, methods);
  await click("way-CODE");
  const fault = {
    code: "sign_in_code_expired",
    message: "sign in: the code has expired",
    hint: "begin again",
  };
  tell({ type: "failed", fault });
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toBe("Sign in: the code has expired. Begin again.");
  const first = await screen.findByRole("button", { name: "Begin again" });
  await waitFor(() => expect(document.activeElement).toBe(first));
  await fireEvent.click(first);
  expect(asked.length).toBe(2);
  tell({ type: "failed", fault: { ...fault, code: "sign_in_app_unknown" } });
  await click("remedy-app");
  const toggle = await screen.findByTestId("own-app-toggle");
  expect(toggle.getAttribute("aria-expanded")).toBe("true");
});

test("a token is handed over once, is not shown again, and what is wrong with it stands at its field", async () => {
  const { asked, methods, tell } = signingIn();
  await open(/Sign in/, methods);
  const field = await screen.findByTestId<HTMLInputElement>("token");
  expect([field.type, screen.getByTestId<HTMLButtonElement>("way-TOKEN").disabled]).toEqual([
    "password",
    true,
  ]);
  await fireEvent.input(field, { target: { value: " ghp_planted " } });
  await click("way-TOKEN");
  expect(asked).toEqual([["github.com", "TOKEN", "ghp_planted", true]]);
  tell({
    type: "failed",
    fault: { code: "token_refused", message: "it does not accept the token", hint: "make one" },
  });
  expect((await screen.findByRole("alert")).textContent).toBe("It does not accept the token. Make one.");
  const after = screen.getByTestId<HTMLInputElement>("token");
  expect([after.value, after.getAttribute("aria-invalid")]).toEqual(["", "true"]);
  expect(document.body.innerHTML).not.toContain("ghp_planted");
});

test("the first way that is offered is the one primary action, and permissions say what they are for", async () => {
  const { methods } = signingIn();
  await open(/Sign in/, methods);
  const primary = await screen.findByTestId("way-CODE");
  const others = ["way-BROWSER", "way-GH", "way-TOKEN"].map((id) => screen.getByTestId(id));
  expect([primary, ...others].map((button) => button.className.includes("bg-accent"))).toEqual([
    true,
    false,
    false,
    false,
  ]);
  const toggle = screen.getByTestId("permissions-toggle");
  expect(toggle.textContent).toContain("6 permissions, 2 to change something");
  await fireEvent.click(toggle);
  expect(screen.getByTestId("permissions").textContent).toMatch(
    /Pull requests\s*read and change\s*Opens a pull request/,
  );
});

test("a host without an app says so, and an app can be set for it", async () => {
  const set: [ForgeApp, string | null][] = [];
  let app: ForgeApp | null = null;
  const { methods } = signingIn({
    signInOffer: async (host) => ({
      host,
      ways: app ? ["CODE", "TOKEN"] : ["TOKEN", "GH"],
      permissions: [],
      installUrl: null,
      tokenUrl: `https://${host}/settings/tokens`,
      remembers: true,
    }),
    forgeApp: async () => app,
    setForgeApp: async (next, secret) => {
      set.push([next, secret]);
      app = next;
    },
  });
  await open(/Sign in/, methods);
  const host = await screen.findByTestId("host");
  await fireEvent.input(host, { target: { value: "https://ghe.example.com/" } });
  await fireEvent.blur(host);
  await waitFor(() => expect(screen.getByTestId("appless").textContent).toContain("ghe.example.com"));
  await click("own-app-toggle");
  await click("app-save");
  expect((await screen.findByRole("alert")).textContent.trim()).toBe("Write the app's client id.");
  await fireEvent.input(screen.getByTestId("app-client"), { target: { value: " Iv23li " } });
  await fireEvent.input(screen.getByTestId("app-secret"), { target: { value: "planted-secret" } });
  await click("app-save");
  await screen.findByTestId("way-CODE");
  const made = { host: "ghe.example.com", clientId: "Iv23li", slug: null, oauthApp: false, hasSecret: true };
  expect(set).toEqual([[made, "planted-secret"]]);
  expect(document.body.innerHTML).not.toContain("planted-secret");
});

test("a host that makes no sense is said at its field", async () => {
  const fault = {
    code: "sign_in_host_invalid",
    message: "sign in to x: it is not a host's name",
    hint: null,
  };
  const { methods } = signingIn({ signInOffer: () => Promise.reject(fault) });
  await open(/Sign in/, methods);
  const host = await screen.findByTestId("host");
  await waitFor(() => expect(host.getAttribute("aria-invalid")).toBe("true"));
});

const box = () => screen.findByTestId<HTMLInputElement>("remember");

test("a sign-in is remembered unless the box is not ticked, and then its account says so", async () => {
  const { asked, methods, tell } = signingIn();
  await open(/Sign in/, methods);
  expect((await box()).checked).toBe(true);
  expect(screen.getByTestId("add").textContent).toContain("It goes to the keychain");
  await fireEvent.click(await box());
  expect(screen.getByTestId("add").textContent).toContain("Anchorhold forgets the account when it ends");
  expect(screen.getByTestId("add").textContent).toContain("It stays in memory");
  await fireEvent.input(await screen.findByTestId("token"), { target: { value: "ghp_planted" } });
  await click("way-TOKEN");
  expect(asked).toEqual([["github.com", "TOKEN", "ghp_planted", false]]);
  tell({ type: "signedIn", account: account("octocat", { way: "TOKEN", sessionOnly: true }) });
  expect((await screen.findByTestId("account")).textContent).toContain(
    "signed in with a token, until Anchorhold ends",
  );
});

test("where the engine remembers no sign-in the box is not ticked, and can be", async () => {
  const { asked, methods } = signingIn({}, { remembers: false });
  await open(/Sign in/, methods);
  expect((await box()).checked).toBe(false);
  await fireEvent.click(await box());
  await click("way-CODE");
  expect(asked).toEqual([["github.com", "CODE", null, true]]);
});

test("who signs in again is remembered as before", async () => {
  const lost = { chosen: true, trouble: again, sessionOnly: true } as const;
  const { asked, methods } = signingIn(having(account("octocat", lost)));
  await open(/octocat/, methods);
  await click("sign-in-again");
  expect(asked).toEqual([["github.com", "CODE", null, false]]);
});

test("where the keychain takes nothing one signs in without it by a button", async () => {
  const { asked, methods, tell } = signingIn();
  await open(/Sign in/, methods);
  await click("way-GH");
  const fault = { code: "keychain_unavailable", message: "reach the keychain", hint: "start one" };
  tell({ type: "failed", fault });
  await click("remedy-unremembered");
  expect(asked).toEqual([
    ["github.com", "GH", null, true],
    ["github.com", "GH", null, false],
  ]);
});
