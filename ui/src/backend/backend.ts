/** What the window asks of the engine. Screens know this interface and nothing of what is behind it. */
import type {
  Agent,
  Branches,
  CatalogueInfo,
  DayUsage,
  Delivery,
  DiffWindow,
  Disclosure,
  EngineOption,
  EngineStatus,
  Fault,
  FeedbackItem,
  FileChange,
  FileRules,
  ForgeApp,
  Issue,
  Limits,
  LinkedAccount,
  ModelChoice,
  ModelTest,
  NewAgent,
  ProviderOption,
  RepositoryList,
  PullRequestDraft,
  PushPlan,
  PushWish,
  Settings,
  SignInOffer,
  SignInProgress,
  SignInWay,
  Theme,
  Update,
} from "../bindings";

/** Ends a watch; calling it twice does nothing. */
export type Unsubscribe = () => void;

/** Every method rejects with a {@link Fault}. */
export interface Backend {
  /** Whether what is shown was recorded rather than done. */
  readonly recorded: boolean;

  agents(): Promise<Agent[]>;
  createAgent(newAgent: NewAgent): Promise<Agent>;
  start(id: string): Promise<void>;
  /** Takes a start back while the agent waits for a slot. */
  cancelStart(id: string): Promise<void>;
  /** Ends the clone or the current tool call at once. */
  stop(id: string): Promise<void>;
  /** Holds the agent after its current tool call. */
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  /** Queues an instruction and returns its id. */
  instruct(id: string, text: string): Promise<string>;
  editInstruction(id: string, instruction: string, text: string): Promise<void>;
  removeInstruction(id: string, instruction: string): Promise<void>;
  reorderInstructions(id: string, ids: string[]): Promise<void>;
  /** Lets the model hear a waiting instruction at its next request, or at once. */
  sendNow(id: string, instruction: string, interrupt: boolean): Promise<void>;
  /** Paths that match what was typed behind an `@`, the best first. */
  mentionable(id: string, typed: string): Promise<string[]>;
  answer(id: string, text: string): Promise<void>;
  setLimits(id: string, limits: Limits): Promise<void>;
  setModel(id: string, model: ModelChoice, fallback: ModelChoice | null): Promise<void>;
  setFileRules(id: string, files: FileRules): Promise<void>;
  /** The rules of a new agent unless the user says otherwise. */
  usualFileRules(): Promise<FileRules>;
  /** Lets the agent say in one last answer without tools how far it came. */
  wrapUp(id: string): Promise<void>;
  deleteAgent(id: string): Promise<void>;
  restoreAgent(id: string): Promise<void>;

  changes(id: string): Promise<FileChange[]>;
  /** Rows `from` to `from + count` of one file's differences. */
  diffRows(id: string, path: string, from: number, count: number): Promise<DiffWindow>;
  /** Which files' text went to which provider. */
  disclosures(id: string): Promise<Disclosure[]>;
  /** A tool call's whole result, by the hash in its event. */
  toolResult(hash: string): Promise<string>;

  /** The accounts that are signed in, in no order; what is wrong with one is said at it. */
  accounts(): Promise<LinkedAccount[]>;
  signInOffer(host: string): Promise<SignInOffer>;
  /**
   * Begins to sign in and calls back with each step; unsubscribing cancels. `token` only for the way `TOKEN`;
   * without `remember` it ends with the program, and `null` leaves that to the engine.
   */
  signIn(
    host: string,
    way: SignInWay,
    token: string | null,
    remember: boolean | null,
    heard: (progress: SignInProgress) => void,
  ): Unsubscribe;
  /** Calls back when a link ended a sign-in that none of {@link signIn} waits for. */
  watchSignIns(heard: (ended: SignInProgress) => void): Unsubscribe;
  /** Calls back with an agent's id when the program was started once more to show it. */
  watchVisits(heard: (id: string) => void): Unsubscribe;
  /** Forgets an account and its tokens on this machine. */
  signOut(key: string): Promise<void>;
  /** Uses an account on its host from now on. */
  chooseAccount(key: string): Promise<void>;
  /** Chooses one of an account's addresses for its commits. */
  setCommitEmail(key: string, email: string): Promise<void>;
  /** The app that was set for a host; none for the built-in one. */
  forgeApp(host: string): Promise<ForgeApp | null>;
  /** Sets the app of a host; without a secret the one that is kept stays. It never comes back. */
  setForgeApp(app: ForgeApp, secret: string | null): Promise<void>;
  forgetForgeApp(host: string): Promise<void>;
  /** Searches what an account can reach; none for the chosen account. Does not wait for all pages. */
  repositories(account: string | null, text: string): Promise<RepositoryList>;
  /** Opens a page of a GitHub in the browser. */
  openPage(url: string): Promise<void>;
  /** Searches a repository's open issues. */
  issues(repo: string, text: string): Promise<Issue[]>;
  /** An issue in the words of a task. */
  issueTask(repo: string, number: number): Promise<string>;
  /** What a push would do, for the user to read before it. */
  pushPlan(id: string): Promise<PushPlan>;
  /** Begins to push; how it ends is in the log. */
  push(id: string, wish: PushWish): Promise<void>;
  /** Cancels a push, also one that is only being signed; what had arrived by then was pushed. */
  cancelPush(id: string): Promise<void>;
  setTargetBranch(id: string, branch: string): Promise<void>;
  setDelivery(id: string, delivery: Delivery): Promise<void>;
  /** The pull request that would be opened, for the user to change. */
  pullRequestDraft(id: string): Promise<PullRequestDraft>;
  openPullRequest(id: string, draft: PullRequestDraft): Promise<void>;
  /** Asks GitHub now; what is new arrives in the log. */
  lookForFeedback(id: string): Promise<void>;
  feedback(id: string): Promise<FeedbackItem[]>;
  /** Turns feedback into one instruction, and lets the agent go on with it. */
  takeFeedback(id: string, ids: string[], note: string | null): Promise<void>;

  branches(repo: string): Promise<Branches>;
  engineStatus(): Promise<EngineStatus>;
  /** Lists the container engines that can be chosen, and asks each, which takes as long as the slowest. */
  engines(): Promise<EngineOption[]>;
  /** What is chosen: an address or a context's name; none for the engine that is found. */
  engineChoice(): Promise<string | null>;
  chooseEngine(choice: string | null): Promise<void>;
  /** The providers with their models, and the model servers found on this machine. */
  providers(): Promise<ProviderOption[]>;
  /** Asks a model for a short answer; rejects with what is wrong. */
  testModel(model: ModelChoice): Promise<ModelTest>;
  /** Which price list is in use. */
  catalogue(): Promise<CatalogueInfo>;
  /** Keeps a key in the keychain; `what` is the provider, or the host of a server. It never comes back. */
  keepKey(what: string, key: string): Promise<void>;
  forgetKey(what: string): Promise<void>;
  /** What holds for all agents. */
  runSettings(): Promise<Settings>;
  setRunSettings(settings: Settings): Promise<void>;
  /** What all agents together used today. */
  dayUsage(): Promise<DayUsage>;
  theme(): Promise<Theme>;
  setTheme(theme: Theme): Promise<void>;

  /** Calls back with every agent that is not deleted, now and after each change. */
  watchAgents(heard: (agents: Agent[]) => void, failed: (fault: Fault) => void): Unsubscribe;
  /** Calls back with the log after `afterSeq`, then with what happens, in order and in batches. */
  watch(
    id: string,
    afterSeq: number,
    heard: (update: Update) => void,
    failed: (fault: Fault) => void,
  ): Unsubscribe;
}

/** Turns whatever was thrown into a fault, so that every error can be shown with a message. */
export function toFault(thrown: unknown): Fault {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown && "message" in thrown) {
    const { code, message } = thrown;
    const hint = "hint" in thrown && typeof thrown.hint === "string" ? thrown.hint : null;
    return { code: String(code), message: String(message), hint };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: "unexpected", message, hint: null };
}
