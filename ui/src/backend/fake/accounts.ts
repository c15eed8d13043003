/** The accounts of the recording: some that work and one that does not, and each way to sign in. */
import type {
  AskedPermission,
  Fault,
  ForgeApp,
  LinkedAccount,
  RepositoryList,
  SignInOffer,
  SignInProgress,
  SignInWay,
} from "../../bindings";
import type { Unsubscribe } from "../backend";
import type { Demo } from "./demo";
import { RecordedRepositories } from "./linked";

/** Long enough to see that something is being asked. */
const ASKED_MS = 300;
/** As long as somebody takes who is quick on GitHub's page. */
const ENTERED_MS = 6000;
const QUARTER_MS = 15 * 60_000;

const octocat: LinkedAccount = {
  ...{ key: "github.com/583231", host: "github.com", login: "octocat", name: "Octo Cat" },
  email: "583231+octocat@users.noreply.github.com",
  emails: ["583231+octocat@users.noreply.github.com", "octo@octo.example"],
  ...{ way: "CODE", chosen: true, sessionOnly: false, expiresAt: null, lacks: [], trouble: null },
};
const work: LinkedAccount = {
  ...{ key: "github.com/99120", host: "github.com", login: "octo-at-acme", name: "Octo Cat" },
  email: "octo.cat@acme.example",
  emails: ["octo.cat@acme.example", "99120+octo-at-acme@users.noreply.github.com"],
  ...{ way: "TOKEN", chosen: false, sessionOnly: true, trouble: null },
  expiresAt: null,
  lacks: ["workflow"],
};
const anna: LinkedAccount = {
  ...{ key: "github.example.com/42", host: "github.example.com", login: "anna", name: "Anna Berg" },
  ...{ email: "anna@example.com", emails: ["anna@example.com"] },
  ...{ way: "BROWSER", chosen: true, sessionOnly: false, expiresAt: null, lacks: [] },
  trouble: {
    code: "sign_in_again",
    message: "stay signed in to github.example.com: the token cannot be refreshed any more",
    hint: "sign in again",
  },
};

const permissions: readonly AskedPermission[] = [
  asked("metadata", false, "Lists your repositories and their branches; GitHub requires it of every app."),
  asked("contents", true, "Clones a repository, and pushes what you reviewed to a branch of its own."),
  asked("pull_requests", true, "Opens a pull request for a pushed branch, and reads the reviews of it."),
  asked("issues", false, "Lets you pick an issue as an agent's task."),
  asked("checks", false, "Shows which checks failed on a pull request, so that an agent can mend them."),
  asked("actions", false, "Reads the end of a failed job's log, so that an agent knows what to mend."),
];

function asked(name: string, write: boolean, reason: string): AskedPermission {
  return { name, write, reason };
}

const fault = (code: string, message: string, hint: string): Fault => ({ code, message, hint });

/** The accounts, apps and repositories of a window that is open; nothing is kept. */
export class RecordedAccounts {
  private accounts: LinkedAccount[];
  private apps: ForgeApp[] = [];
  private readonly repositories: RecordedRepositories;

  constructor(
    private readonly demo: Demo,
    private readonly now: () => number,
  ) {
    this.accounts = demo === "empty" ? [] : demo === "many" ? [octocat] : [octocat, work, anna];
    if (demo === "error") this.accounts = [{ ...octocat, trouble: revoked }];
    this.repositories = new RecordedRepositories(demo === "many", now());
  }

  list = async () => this.accounts;

  async offer(host: string): Promise<SignInOffer> {
    await new Promise((resolve) => setTimeout(resolve, ASKED_MS));
    if (!host.includes(".") || /[\s/:]/.test(host))
      throw fault(
        "sign_in_host_invalid",
        `sign in to ${host}: it is not a host's name`,
        "enter a host such as github.com",
      );
    const app = this.apps.find((one) => one.host === host);
    const known = host === "github.com" || app !== undefined;
    const ways: SignInWay[] = known ? ["CODE", "BROWSER", "GH", "TOKEN"] : ["TOKEN", "GH"];
    const slug = app ? app.slug : "anchorhold";
    return {
      host,
      ways: app && !app.hasSecret ? ways.filter((way) => way !== "BROWSER") : ways,
      permissions: [...permissions],
      installUrl: known && slug ? `https://${host}/apps/${slug}/installations/new` : null,
      tokenUrl: `https://${host}/settings/personal-access-tokens/new`,
      remembers: true,
    };
  }

  signIn(
    host: string,
    way: SignInWay,
    token: string | null,
    remember: boolean | null,
    heard: (progress: SignInProgress) => void,
  ): Unsubscribe {
    const timers = this.steps(host, way, token, remember === false).map(({ afterMs, progress }) =>
      setTimeout(() => {
        if (progress.type === "signedIn") this.add(progress.account);
        heard(progress);
      }, afterMs),
    );
    return () => timers.forEach(clearTimeout);
  }

  private steps(
    host: string,
    way: SignInWay,
    token: string | null,
    sessionOnly: boolean,
  ): { afterMs: number; progress: SignInProgress }[] {
    const first = (progress: SignInProgress) => ({ afterMs: ASKED_MS, progress });
    const failed = (why: Fault) => [first({ type: "failed", fault: why })];
    const account = { ...(host === "github.com" ? octocat : anna), host, way, sessionOnly, trouble: null };
    const done: SignInProgress = { type: "signedIn", account };
    if (host.startsWith("locked.") && !sessionOnly) return failed(keychainMissing(host));
    if (way === "TOKEN")
      return token?.startsWith("ghp_") || token?.startsWith("github_pat_")
        ? [first(done)]
        : failed(tokenRefused(host));
    if (way === "GH") return this.demo === "usual" ? [first(done)] : failed(ghSignedOut(host));
    if (host.startsWith("denied.")) return failed(denied(host));

    const expiresAt = this.now() + QUARTER_MS;
    const begun: SignInProgress =
      way === "CODE"
        ? { type: "code", userCode: "WDJB-MJHT", address: `https://${host}/login/device`, expiresAt }
        : {
            type: "browser",
            address: `https://${host}/login/oauth/authorize?client_id=Iv23liAnchor`,
            expiresAt,
          };
    if (this.demo === "error") return [first(begun), first({ type: "unreachable", seconds: 40 })];
    if (this.demo === "many") return [first(begun), { afterMs: 2 * ASKED_MS, progress: done }];
    if (this.demo === "usual") return [first(begun), { afterMs: ENTERED_MS, progress: done }];
    return [first(begun)];
  }

  private add(account: LinkedAccount): void {
    const others = this.accounts.filter((one) => one.key !== account.key);
    this.accounts = [...others, account];
    void this.choose(account.key);
  }

  async choose(key: string): Promise<void> {
    const host = this.accounts.find((one) => one.key === key)?.host;
    this.accounts = this.accounts.map((one) =>
      one.host === host ? { ...one, chosen: one.key === key } : one,
    );
  }

  async signOut(key: string): Promise<void> {
    const gone = this.accounts.find((one) => one.key === key);
    this.accounts = this.accounts.filter((one) => one !== gone);
    const next = this.accounts.find((one) => one.host === gone?.host);
    if (gone?.chosen && next) await this.choose(next.key);
  }

  async setEmail(key: string, email: string): Promise<void> {
    this.accounts = this.accounts.map((one) => (one.key === key ? { ...one, email } : one));
  }

  app = async (host: string) => this.apps.find((one) => one.host === host) ?? null;

  async setApp(app: ForgeApp, secret: string | null): Promise<void> {
    const before = await this.app(app.host);
    await this.forgetApp(app.host);
    this.apps.push({ ...app, hasSecret: secret !== null || (before?.hasSecret ?? false) });
  }

  async forgetApp(host: string): Promise<void> {
    this.apps = this.apps.filter((one) => one.host !== host);
  }

  async find(key: string | null, text: string): Promise<RepositoryList> {
    await new Promise((resolve) => setTimeout(resolve, ASKED_MS));
    const account =
      key === null
        ? this.accounts.find((one) => one.chosen && one.host === "github.com")
        : this.accounts.find((one) => one.key === key);
    if (account?.trouble) throw account.trouble;
    return this.repositories.find(account?.key ?? null, account?.host ?? "github.com", text);
  }
}

const revoked = fault(
  "sign_in_again",
  "stay signed in to github.com: the token is not accepted any more",
  "sign in again",
);

const denied = (host: string) =>
  fault(
    "sign_in_denied",
    `sign in to ${host}: it was declined there`,
    "sign in again and allow it, or sign in with a token",
  );

const keychainMissing = (host: string) =>
  fault(
    "keychain_unavailable",
    `reach the keychain for the account ${host}/42`,
    "start a keychain such as gnome-keyring; or sign in without “Remember on this computer”",
  );

const tokenRefused = (host: string) =>
  fault(
    "token_refused",
    `sign in to ${host}: it does not accept the token`,
    "make a new token on GitHub: this one is wrong, revoked or expired",
  );

const ghSignedOut = (host: string) =>
  fault(
    "gh_signed_out",
    `ask gh for its token for ${host}: gh is not signed in`,
    `run \`gh auth login --hostname ${host}\`, or sign in in another way`,
  );
