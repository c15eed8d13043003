import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { field } from "../../test/creating";
import { all, having, list, listed, options, texts } from "../../test/repositories";

test("repositories are offered with what they are, and one that takes no pushes says why", async () => {
  having(() => list(all));
  await fireEvent.click(await field("repo"));
  await listed(3);
  expect(texts()).toEqual([
    "octo/web , private, The <b>front</b>",
    "octo/old , public, archived: takes no pushes",
    "octo/theirs , public, read only: you may not push",
  ]);
  expect(options().map((option) => option.getAttribute("aria-disabled"))).toEqual(["false", "true", "true"]);
});

test("one is found by typing and taken by keys, and its default branch comes with it", async () => {
  const { asked, branched } = having((text) => list(text === "we" ? all.slice(0, 1) : all));
  const repo = await field("repo");
  repo.focus();
  await fireEvent.input(repo, { target: { value: "we" } });
  await listed(1);
  await fireEvent.keyDown(repo, { key: "ArrowDown" });
  await fireEvent.keyDown(repo, { key: "Enter" });
  expect(repo.value).toBe("octo/web");
  await waitFor(async () => expect((await field("source")).value).toBe("trunk"));
  expect([asked, branched, repo.getAttribute("aria-expanded")]).toEqual([["", "we"], ["octo/web"], "false"]);
  await screen.findByText("2 branches");
});

test("one that takes no pushes cannot be taken, neither by keys nor by mouse", async () => {
  having(() => list(all));
  const repo = await field("repo");
  await fireEvent.click(repo);
  await listed(3);
  for (const key of ["ArrowDown", "ArrowDown", "Enter"]) await fireEvent.keyDown(repo, { key });
  await fireEvent.click(options()[2] as HTMLElement);
  expect([repo.value, repo.getAttribute("aria-expanded")]).toEqual(["", "true"]);
});

test("an address that is written by hand is used as it stands, and a known one is warned of", async () => {
  const { branched } = having(() => list(all));
  const repo = await field("repo");
  await fireEvent.click(repo);
  await listed(3);
  await fireEvent.input(repo, { target: { value: "octo/theirs" } });
  await fireEvent.blur(repo);
  await screen.findByText("2 branches · read only: you may not push");
  expect(branched).toEqual(["octo/theirs"]);
});

test("a path or an address is written in peace: nothing is searched, and no list stands in the way", async () => {
  const { asked } = having(() => list(all));
  const repo = await field("repo");
  for (const value of ["/home/octo/web", "~/web", "https://git.example.com/web", "git@example.com:web"]) {
    await fireEvent.input(repo, { target: { value } });
    expect([value, repo.getAttribute("aria-expanded")]).toEqual([value, "false"]);
  }
  await fireEvent.blur(repo);
  await screen.findByText("2 branches");
  expect(asked).toEqual([""]);
});

test("a repository that this account does not see offers another one, and is then looked for again", async () => {
  const fault = {
    code: "repository_not_found",
    message: "find octo/secret: there is none",
    hint: "check it",
  };
  let sees = false;
  having(() => list(all), {
    accounts: async () => [],
    branches: async () => (sees ? { names: ["main"], default: "main" } : Promise.reject(fault)),
  });
  const repo = await field("repo");
  await fireEvent.input(repo, { target: { value: "octo/secret" } });
  await fireEvent.blur(repo);
  await fireEvent.click(await screen.findByTestId("picker-accounts"));
  const dialog = await screen.findByRole("dialog", { name: /Sign in|Accounts/ });
  sees = true;
  await fireEvent.keyDown(dialog, { key: "Escape" });
  await screen.findByText("1 branch");
  expect(repo.getAttribute("aria-invalid")).toBe("false");
});

test("where nobody is signed in one can sign in, and a repository is still written by hand", async () => {
  let account: string | null = null;
  having(() => list(account ? all : [], { account }), { accounts: async () => [] });
  await fireEvent.click(await screen.findByTestId("picker-sign-in"));
  const dialog = await screen.findByRole("dialog", { name: "Sign in" });
  account = "github.com/1";
  await fireEvent.keyDown(dialog, { key: "Escape" });
  await waitFor(() => expect(screen.queryByTestId("picker-sign-in")).toBe(null));
});

test("nothing that matches says what to do, with the page that gives the app access", async () => {
  const opened: string[] = [];
  having((text) => list(text ? [] : all), { openPage: async (url) => void opened.push(url) });
  const repo = await field("repo");
  await fireEvent.input(repo, { target: { value: "nowhere" } });
  expect((await screen.findByTestId("repositories-none")).textContent).toContain(
    "No repository matches “nowhere”.",
  );
  const grant = screen.getByTestId("grant");
  expect(grant.textContent).toContain("Give the app access to it");
  // The list stays while the focus is in what stands below it.
  await fireEvent.blur(repo, { relatedTarget: grant });
  await fireEvent.click(grant);
  expect([opened, repo.getAttribute("aria-expanded")]).toEqual([
    ["https://github.com/apps/anchorhold/installations/new"],
    "true",
  ]);
  await fireEvent.keyDown(grant, { key: "Escape" });
  expect([document.activeElement, repo.getAttribute("aria-expanded")]).toEqual([repo, "false"]);
});

test("pages that still come and a rate limit that is low are said", async () => {
  const rate = { remaining: 212, limit: 5000, resetsAt: Date.now() + 60_000 };
  having(() => list(all, { reading: true, total: 412, rate }));
  await fireEvent.click(await field("repo"));
  await listed(3);
  const foot = screen.getByTestId("repositories-foot").textContent;
  expect(foot).toContain("409 more: type on");
  expect(foot).toContain("Reading more…");
  expect(foot).toMatch(/GitHub answers 212 requests until \d\d:\d\d/);
});

test("repositories that cannot be listed are said, and asked for again or signed in for", async () => {
  let fault: unknown = {
    code: "forge_offline",
    message: "list the repositories: reach github.com",
    hint: "wait",
  };
  having(() => (fault ? Promise.reject(fault) : list(all)));
  await fireEvent.click(await field("repo"));
  expect((await screen.findByTestId("repositories-failed")).textContent).toContain(
    "List the repositories: reach github.com. Wait.",
  );
  fault = { code: "sign_in_again", message: "the token has expired", hint: "sign in again" };
  await fireEvent.click(screen.getByTestId("repositories-again"));
  await screen.findByTestId("repositories-sign-in");
  fault = null;
  await fireEvent.keyDown(await field("repo"), { key: "Escape" });
  await fireEvent.click(await field("repo"));
  await listed(3);
});

test("a list that could not be read whole is shown, with why and a way to read it again", async () => {
  const fault = {
    code: "forge_refused",
    message: "list the repositories on github.com: it answers 502: Bad Gateway",
    hint: "try again in a while",
  };
  let broken = true;
  having(() => list(broken ? all.slice(0, 2) : all, { fault: broken ? fault : null }));
  await fireEvent.click(await field("repo"));
  await listed(2);
  expect((await screen.findByTestId("repositories-cut")).textContent).toContain(
    "Not all of them: list the repositories on github.com: it answers 502: Bad Gateway. Try again in a while.",
  );
  broken = false;
  await fireEvent.click(screen.getByTestId("repositories-again"));
  await listed(3);
  expect(screen.queryByTestId("repositories-cut")).toBe(null);
});

test("organisations that want single sign-on are said to be missing, with the page that lets them in", async () => {
  const opened: string[] = [];
  const openPage = async (url: string) => void opened.push(url);
  const page = "https://github.com/settings/tokens";
  having((text) => list(text === "web" ? all : [], { ssoUrl: page }), { openPage });
  await fireEvent.click(await field("repo"));
  const said = await screen.findByTestId("repositories-sso");
  expect(said.textContent).toContain("Some organisations are missing: they want single sign-on");
  await fireEvent.click(screen.getByTestId("sso"));
  expect(opened).toEqual([page]);
  await fireEvent.input(await field("repo"), { target: { value: "web" } });
  await listed(3);
  expect(screen.queryByTestId("repositories-sso")).not.toBe(null);
});

test("a letter that is typed and taken back leaves the refusal, which is asked about again at a click", async () => {
  const fault = { code: "fetch_failed", message: "ask octo/web: the network is down", hint: "try again" };
  let down = true;
  const { branched } = having(() => list(all), {
    branches: async (repo) => {
      branched.push(repo);
      return down ? Promise.reject(fault) : { names: ["main"], default: "main" };
    },
  });
  const repo = await field("repo");
  await fireEvent.input(repo, { target: { value: "octo/web" } });
  await fireEvent.blur(repo);
  await screen.findByText("Ask octo/web: the network is down.");
  await fireEvent.input(repo, { target: { value: "octo/webs" } });
  expect(repo.getAttribute("aria-invalid")).toBe("false");
  await fireEvent.input(repo, { target: { value: "octo/web" } });
  await fireEvent.blur(repo);
  expect([repo.getAttribute("aria-invalid"), branched]).toEqual(["true", ["octo/web"]]);
  down = false;
  await fireEvent.click(screen.getByTestId("picker-again"));
  await screen.findByText("1 branch");
  expect([repo.getAttribute("aria-invalid"), branched]).toEqual(["false", ["octo/web", "octo/web"]]);
});
