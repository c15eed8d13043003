/** The pictures of signing in, of choosing a repository and an issue, and of what comes after the work. */
import { settled } from "./settled.mjs";

const agents = "/dashboard/agents";
const create = "/dashboard/agents/new";

/** Opens the accounts and waits until they are listed, or until one can sign in. */
const openAccounts = async (page) => {
  await page.click("[data-testid=account-chip]");
  await page.waitForSelector("[data-testid=accounts], [data-testid=way-CODE]");
};
/** Leads to where one signs in, with what the host offers. */
const openWays = async (page, host) => {
  await openAccounts(page);
  await page.click("[data-testid=add-account]");
  if (host) await page.fill("[data-testid=host]", host);
  await page.waitForSelector(`[aria-label="Ways to sign in to ${host ?? "github.com"}"]`);
};
const signInBy = async (page, way, host) => {
  await openWays(page, host);
  await page.click(`[data-testid=way-${way}]`);
  await page.waitForSelector("[data-stage=code], [data-stage=browser], [data-stage=failed]");
};
const pick = async (page, text) => {
  await page.click("[data-testid=create-repo]");
  if (text) await page.fill("[data-testid=create-repo]", text);
  await settled(page);
};
const openIssues = async (page, repository = "octo/web") => {
  await page.fill("[data-testid=create-repo]", repository);
  await page.click("[data-testid=from-issue]");
  await page.waitForSelector("[data-testid=issue-search]");
  await settled(page);
};
const openDelivery = async (page) => {
  await page.click("[data-testid=delivery-toggle]");
  await page.evaluate(() => document.querySelector("[data-testid=delivery]").scrollIntoView());
};

export const accountScreens = [
  { name: "accounts-list", path: agents, act: openAccounts },
  {
    name: "accounts-out",
    path: agents,
    act: async (page) => {
      await openAccounts(page);
      await page.click("[data-testid=sign-out] >> nth=1");
    },
  },
  { name: "accounts-none", path: agents, demo: "empty", act: openAccounts },
  { name: "accounts-trouble", path: agents, demo: "error", act: openAccounts },
  {
    name: "accounts-permissions",
    path: agents,
    act: async (page) => {
      await openWays(page);
      await page.click("[data-testid=permissions-toggle]");
    },
  },
  {
    name: "accounts-app",
    path: agents,
    act: async (page) => {
      await openWays(page, "ghe.example.com");
      await page.click("[data-testid=own-app-toggle]");
      await page.click("[data-testid=app-save]");
      await settled(page);
      await page.evaluate(() => document.querySelector("[data-testid=own-app]").scrollIntoView());
    },
  },
  {
    name: "accounts-host",
    path: agents,
    act: async (page) => {
      await openAccounts(page);
      await page.click("[data-testid=add-account]");
      await page.fill("[data-testid=host]", "my company");
      await page.waitForSelector("[data-testid=host][aria-invalid=true]");
    },
  },
  { name: "accounts-code", path: agents, act: (page) => signInBy(page, "CODE") },
  {
    name: "accounts-unreachable",
    path: agents,
    demo: "error",
    act: async (page) => {
      await signInBy(page, "CODE");
      await page.waitForSelector("[data-testid=unreachable]");
    },
  },
  { name: "accounts-browser", path: agents, act: (page) => signInBy(page, "BROWSER") },
  { name: "accounts-failed", path: agents, act: (page) => signInBy(page, "GH") },
  {
    name: "accounts-token",
    path: agents,
    act: async (page) => {
      await openWays(page);
      await page.fill("[data-testid=token]", "not-a-token");
      await page.click("[data-testid=way-TOKEN]");
      await page.waitForSelector("[data-testid=token][aria-invalid=true]");
    },
  },
  {
    name: "accounts-unremembered",
    path: agents,
    act: async (page) => {
      await openWays(page);
      await page.click("[data-testid=remember]");
    },
  },
  {
    name: "accounts-keychain",
    path: agents,
    act: async (page) => {
      await openWays(page, "locked.example.com");
      await page.fill("[data-testid=token]", "ghp_1");
      await page.click("[data-testid=way-TOKEN]");
      await page.waitForSelector("[data-testid=token][aria-invalid=true]");
    },
  },
  {
    name: "accounts-joined",
    path: agents,
    demo: "many",
    act: async (page) => {
      await openWays(page);
      await page.click("[data-testid=way-BROWSER]");
      await page.waitForSelector("[data-testid=joined]");
    },
  },
  { name: "picker-list", path: create, act: (page) => pick(page) },
  { name: "picker-none", path: create, act: (page) => pick(page, "octo/nowhere") },
  // The next page is waited for, so that it is seen that more comes.
  { name: "picker-many", path: create, demo: "many", holdMs: 1000, act: (page) => pick(page, "service") },
  { name: "picker-signed-out", path: create, demo: "empty", act: (page) => pick(page) },
  { name: "picker-failed", path: create, demo: "error", act: (page) => pick(page) },
  { name: "issue-list", path: create, act: (page) => openIssues(page) },
  {
    name: "issue-picked",
    path: create,
    act: async (page) => {
      await openIssues(page);
      await page.keyboard.press("ArrowDown");
    },
  },
  { name: "issue-none", path: create, act: (page) => openIssues(page, "octo/cli") },
  { name: "issue-failed", path: create, act: (page) => openIssues(page, "/home/octo/web") },
  {
    name: "issue-taken",
    path: create,
    act: async (page) => {
      await openIssues(page);
      await page.keyboard.press("ArrowDown");
      await page.click("[data-testid=use-issue]");
      await page.waitForSelector("[data-testid=issue-search]", { state: "detached" });
    },
  },
  { name: "delivery-usual", path: create, act: openDelivery },
  {
    name: "delivery-all",
    path: create,
    act: async (page) => {
      await openDelivery(page);
      await page.click("[data-testid=delivery-follow-up]");
      await page.fill("[data-testid=delivery-most]", "50");
      await page.click("[data-testid=delivery-unreviewed]");
      await page.click("[data-testid=create-submit]");
      await settled(page);
      await page.evaluate(() =>
        document.querySelector("[data-testid=delivery-warning]").scrollIntoView({ block: "end" }),
      );
    },
  },
];
