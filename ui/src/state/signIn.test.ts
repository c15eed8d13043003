import { expect, test } from "vitest";
import { fakeBackend } from "../backend/fake/fake";
import type { Fault, LinkedAccount, SignInOffer, SignInProgress } from "../bindings";
import { hostOf } from "./offer.svelte";
import { remediesOf, remedyText } from "./remedy";
import { SignIn } from "./signIn.svelte";

const code: SignInProgress = {
  type: "code",
  userCode: "WDJB-MJHT",
  address: "https://github.com/login/device",
  expiresAt: 900_000,
};

/** A sign-in whose steps the test tells, and what was asked of the backend. */
function begun() {
  const asked: unknown[][] = [];
  const tells: ((progress: SignInProgress) => void)[] = [];
  let ended = 0;
  const backend = Object.assign(fakeBackend("still"), {
    signIn: (
      ...[host, way, token, remember, heard]: Parameters<ReturnType<typeof fakeBackend>["signIn"]>
    ) => {
      asked.push([host, way, token, remember]);
      tells.push(heard);
      return () => void (ended += 1);
    },
  });
  const done: LinkedAccount[] = [];
  const signIn = new SignIn(backend, (account) => done.push(account));
  return { signIn, asked, tells, done, ended: () => ended };
}

async function anAccount(): Promise<LinkedAccount> {
  const [account] = await fakeBackend("many").accounts();
  if (!account) throw new Error("the recording has an account");
  return account;
}

test("a code is shown until somebody is signed in, and the sign-in is then ended", async () => {
  const { signIn, asked, tells, done, ended } = begun();
  signIn.begin("github.com", "CODE", null);
  expect([signIn.stage, asked]).toEqual([{ type: "begun" }, [["github.com", "CODE", null, null]]]);
  tells[0]?.(code);
  expect(signIn.stage).toEqual(code);
  const account = await anAccount();
  tells[0]?.({ type: "signedIn", account });
  expect([signIn.stage, done, ended()]).toEqual([{ type: "done", account }, [account], 1]);
});

test("while GitHub does not answer the code stays, with when it is asked again", () => {
  const { signIn, tells } = begun();
  signIn.begin("github.com", "CODE", null);
  tells[0]?.(code);
  tells[0]?.({ type: "unreachable", seconds: 30 });
  expect(signIn.stage).toEqual(code);
  expect((signIn.againAt ?? 0) - Date.now()).toBeGreaterThan(20_000);
  tells[0]?.(code);
  expect(signIn.againAt).toBe(null);
});

test("what was cancelled or begun anew is ended, and heard no more", async () => {
  const { signIn, tells, done, ended } = begun();
  signIn.begin("github.com", "CODE", null);
  signIn.cancel();
  tells[0]?.({ type: "signedIn", account: await anAccount() });
  tells[0]?.(code);
  expect([signIn.stage, done, ended()]).toEqual([{ type: "idle" }, [], 1]);
  signIn.begin("github.com", "BROWSER", null);
  signIn.begin("github.com", "CODE", null);
  tells[1]?.({ type: "failed", fault: { code: "sign_in_denied", message: "", hint: null } });
  expect([signIn.stage, ended()]).toEqual([{ type: "begun" }, 2]);
});

test("a token is handed over and not held", () => {
  const { signIn, asked } = begun();
  signIn.begin("github.com", "TOKEN", "ghp_planted");
  expect(asked).toEqual([["github.com", "TOKEN", "ghp_planted", null]]);
  expect(JSON.stringify(Object.values(signIn))).not.toContain("ghp_planted");
  expect(JSON.stringify(signIn.stage)).not.toContain("ghp_planted");
});

test.each([
  ["github.com", "github.com"],
  [" https://GHE.Example.com/login?x=1 ", "ghe.example.com"],
  ["http://ghe.example.com", "ghe.example.com"],
  ["ghe.example.com#top", "ghe.example.com"],
  ["", ""],
])("the host %j is read as %j", (typed, host) => {
  expect(hostOf(typed)).toBe(host);
});

test("each failure offers what helps, and only ways that the host has", () => {
  const offer = (ways: SignInOffer["ways"]): SignInOffer => ({
    host: "github.com",
    ways,
    permissions: [],
    installUrl: null,
    tokenUrl: "",
    remembers: true,
  });
  const of = (name: string, ways: SignInOffer["ways"] = ["CODE", "BROWSER", "TOKEN"]) =>
    remediesOf({ code: name, message: "", hint: null }, offer(ways));
  expect(of("sign_in_offline")).toEqual(["again", "another"]);
  expect(of("sign_in_app_unknown")).toEqual(["app", "another"]);
  expect(of("sign_in_device_flow_disabled")).toEqual(["BROWSER", "app", "another"]);
  expect(of("sign_in_device_flow_disabled", ["CODE"])).toEqual(["app", "another"]);
  expect(of("sign_in_listen")).toEqual(["CODE", "another"]);
  expect(of("gh_missing")).toEqual(["another"]);
  expect(of("keychain_locked")).toEqual(["again", "unremembered"]);
  expect(of("a code of tomorrow")).toEqual(["again", "another"]);
  const text = (name: string) => remedyText("again", { code: name, message: "", hint: null } satisfies Fault);
  expect([text("sign_in_denied"), text("sign_in_offline")]).toEqual(["Begin again", "Try again"]);
});
