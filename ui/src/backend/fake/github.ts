/** The part of the recording that is about GitHub: accounts, repositories and issues. */
import type { Backend } from "../backend";
import { RecordedAccounts } from "./accounts";
import type { Demo } from "./demo";
import { recordedIssues, recordedIssueTask } from "./issues";

export class RecordedGitHub {
  private readonly linked: RecordedAccounts;

  constructor(
    demo: Demo,
    private readonly clock: () => number,
  ) {
    this.linked = new RecordedAccounts(demo, clock);
  }

  accounts = () => this.linked.list();
  signInOffer = (host: string) => this.linked.offer(host);
  signIn: Backend["signIn"] = (...asked) => this.linked.signIn(...asked);
  /** No link leads into a recording. */
  watchSignIns: Backend["watchSignIns"] = () => () => undefined;
  signOut = (key: string) => this.linked.signOut(key);
  chooseAccount = (key: string) => this.linked.choose(key);
  setCommitEmail = (key: string, email: string) => this.linked.setEmail(key, email);
  forgeApp = (host: string) => this.linked.app(host);
  setForgeApp: Backend["setForgeApp"] = (app, secret) => this.linked.setApp(app, secret);
  forgetForgeApp = (host: string) => this.linked.forgetApp(host);
  repositories = (account: string | null, text: string) => this.linked.find(account, text);
  openPage = async (url: string) => void window.open(url, "_blank", "noopener");
  issues = (repo: string, text: string) => recordedIssues(repo, text, this.clock());
  issueTask = recordedIssueTask;
}
