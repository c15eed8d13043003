/** A backend out of a recording, so that every screen runs in a plain browser. */
import type { Agent, EngineStatus, Event, EventKind, Fault, Settings, Update } from "../../bindings";
import type { Backend } from "../backend";
import { born, record, type Recorded } from "./cast";
import { type Demo, isStill, runsOf } from "./demo";
import { RecordedEngines } from "./engines";
import { dayOf, noLimits } from "./day";
import { agentUnknown, folderInUse, nameTaken, priceUnknown } from "./faults";
import { RecordedGitHub } from "./github";
import { catalogueOf, RecordedModels } from "./models";
import { handover, type Handover, type Hands } from "./handover";
import { finish, opening, refactor } from "./recording";
import { passing } from "./passing";
import { recordedFiles } from "./patches";
import {
  recordedBranches,
  recordedDisclosures,
  recordedPaths,
  recordedRows,
  usuallyExcluded,
} from "./repository";

type Watcher = { id: string; heard: (update: Update) => void };

class FakeBackend extends RecordedGitHub implements Omit<Backend, keyof Handover> {
  readonly recorded = true;
  private runs: Recorded[];
  private watchers = new Set<Watcher>();
  private listWatchers = new Set<(agents: Agent[]) => void>();
  private chosenTheme: "SYSTEM" | "LIGHT" | "DARK" = "SYSTEM";
  private ids = 0;
  private settings: Settings = { slots: 8, dayLimits: { ...noLimits, money: 20_000_000 } };
  private readonly models = new RecordedModels();
  private readonly container: RecordedEngines;
  /** Whether another program holds the folder; it lets go of it after it was asked for once. */
  private inUse: boolean;

  constructor(
    private readonly demo: Demo,
    private readonly now: () => number,
  ) {
    super(demo, now);
    const start = now();
    this.runs = runsOf(demo, start);
    this.inUse = demo === "in-use";
    this.container = new RecordedEngines(demo === "error");
    if (demo === "usual") this.runs.forEach((run) => this.play(run));
  }

  // Plays the steps that are left, one timer at a time.
  private play(run: Recorded): void {
    const [step, ...rest] = run.upcoming;
    if (!step || isStill(this.demo)) return;
    setTimeout(() => {
      if (run.agent.status === "PAUSED" || run.upcoming[0] !== step) return;
      run.upcoming = rest;
      this.add(run, ...step.kinds);
      this.play(run);
    }, step.afterMs * 2);
  }

  private add(run: Recorded, ...kinds: EventKind[]): void {
    const events: Event[] = kinds.map((kind) => record(run, this.now(), kind));
    this.tell(run, { type: "events", events, agent: run.agent, live: true });
    const agents = this.listed();
    this.listWatchers.forEach((heard) => heard(agents));
  }

  private tell(run: Recorded, update: Update): void {
    for (const watcher of this.watchers) if (watcher.id === run.agent.id) watcher.heard(update);
  }

  private listed(): Agent[] {
    return this.runs.map((run) => run.agent).filter((agent) => agent.deletedAt === null);
  }

  private find(id: string): Recorded {
    const run = this.runs.find((r) => r.agent.id === id);
    if (run) return run;
    throw agentUnknown;
  }

  readonly hands = (): Hands => ({
    find: (id) => this.find(id),
    add: (run, ...kinds) => this.add(run, ...kinds),
    play: (run) => this.play(run),
    now: this.now,
    broken: this.demo === "error",
    still: isStill(this.demo),
    accounts: this.accounts,
  });

  private async act(id: string, ...kinds: EventKind[]): Promise<void> {
    this.add(this.find(id), ...kinds);
  }

  async agents(): Promise<Agent[]> {
    if (this.inUse) throw folderInUse;
    return this.listed();
  }

  async createAgent(made: Parameters<Backend["createAgent"]>[0]): Promise<Agent> {
    if (made.name === "taken") throw nameTaken;
    this.ids += 1;
    const run = born(`n${this.ids}`, made.name, made.task, made.githubRepo, made.targetBranch, this.now());
    const { sourceBranch, model, fallback = null, limits, files = run.agent.files } = made;
    const { delivery = run.agent.delivery, historyDepth = null } = made;
    if (limits.money && !limits.tokens && model.provider !== "anthropic") throw priceUnknown(model.name);
    run.agent = { ...run.agent, sourceBranch, historyDepth, model, fallback, limits, files, delivery };
    this.runs.push(run);
    this.add(run);
    return run.agent;
  }

  async start(id: string): Promise<void> {
    const { fault } = await this.container.status();
    if (fault) throw fault;
    const run = this.find(id);
    run.upcoming = [...opening, ...refactor(run.agent.task, `${id}-task`), ...finish(9)];
    this.play(run);
  }

  async resume(id: string): Promise<void> {
    await this.act(id, { type: "resumed" });
    this.play(this.find(id));
  }

  async stop(id: string): Promise<void> {
    const cloning = this.find(id).agent.status === "CLONING";
    await this.act(
      id,
      cloning
        ? { type: "cloneCancelled", reason: "STOPPED" }
        : { type: "paused", reason: "STOPPED", limit: null },
    );
  }

  async answer(id: string, text: string): Promise<void> {
    const run = this.find(id);
    run.upcoming = finish(9);
    this.add(run, { type: "questionAnswered", call: "ask_1", text });
    this.play(run);
  }

  async instruct(id: string, text: string): Promise<string> {
    const instruction = `i${(this.ids += 1)}`;
    await this.act(id, { type: "instructionQueued", id: instruction, text });
    return instruction;
  }

  async sendNow(id: string, instruction: string, interrupt: boolean): Promise<void> {
    await this.act(id, { type: "instructionSentNow", id: instruction, interrupt });
    const { status, pauseReason } = this.find(id).agent;
    // A limit and a question keep it.
    if (status === "PAUSED" && pauseReason !== "LIMIT" && pauseReason !== "QUESTION") await this.resume(id);
  }

  cancelStart = (id: string) => this.act(id, { type: "startCancelled" });
  pause = (id: string) => this.act(id, { type: "paused", reason: "USER", limit: null });
  editInstruction = (id: string, instruction: string, text: string) =>
    this.act(id, { type: "instructionEdited", id: instruction, text });
  removeInstruction = (id: string, instruction: string) =>
    this.act(id, { type: "instructionRemoved", id: instruction });
  reorderInstructions = (id: string, ids: string[]) => this.act(id, { type: "instructionsReordered", ids });
  setModel: Backend["setModel"] = (id, model, fallback) =>
    this.act(id, { type: "modelChanged", model, fallback });
  setFileRules: Backend["setFileRules"] = (id, files) => this.act(id, { type: "fileRulesChanged", files });
  usualFileRules = async () => ({ excluded: [...usuallyExcluded], only: [], protected: [] });
  wrapUp = (id: string) => this.act(id, { type: "wrapUpRequested" });
  setLimits: Backend["setLimits"] = (id, limits) => this.act(id, { type: "limitsChanged", limits });
  deleteAgent = (id: string) => this.act(id, { type: "deleted" });
  restoreAgent = (id: string) => this.act(id, { type: "restored" });

  async changes(id: string) {
    return recordedFiles.slice(0, this.find(id).agent.filesChanged).map((file) => file.change);
  }

  diffRows = async (_id: string, path: string, from: number, count: number) =>
    recordedRows(path, from, count);
  disclosures = async (id: string) => recordedDisclosures(id, this.find(id).agent.requests);
  mentionable = async (_id: string, typed: string) => recordedPaths(typed);

  async toolResult(hash: string): Promise<string> {
    return `The whole result that is stored as ${hash}.\n`.repeat(40);
  }

  branches = recordedBranches;
  watchVisits: Backend["watchVisits"] = () => () => undefined;

  async engineStatus(): Promise<EngineStatus> {
    if (this.inUse) throw folderInUse;
    return this.container.status();
  }

  engines = () => this.container.list();
  engineChoice = async () => this.container.choice;
  chooseEngine = (choice: string | null) => this.container.choose(choice);

  providers = () => this.models.providers();
  testModel: Backend["testModel"] = (model) => this.models.test(model);
  keepKey = (what: string, key: string) => this.models.keep(what, key);
  forgetKey = (what: string) => this.models.forget(what);
  catalogue = async () => catalogueOf(this.demo === "error");
  runSettings = async () => this.settings;
  setRunSettings: Backend["setRunSettings"] = async (settings) => void (this.settings = settings);
  dayUsage = async () => dayOf(this.listed(), this.now());

  theme = async () => this.chosenTheme;
  setTheme: Backend["setTheme"] = async (theme) => void (this.chosenTheme = theme);

  watchAgents(heard: (agents: Agent[]) => void, failed: (fault: Fault) => void): () => void {
    if (this.inUse) {
      queueMicrotask(() => {
        this.inUse = false;
        failed(folderInUse);
      });
      return () => undefined;
    }
    this.listWatchers.add(heard);
    queueMicrotask(() => heard(this.listed()));
    return () => this.listWatchers.delete(heard);
  }

  watch(
    id: string,
    afterSeq: number,
    heard: (update: Update) => void,
    failed: (fault: Fault) => void,
  ): () => void {
    const watcher: Watcher = { id, heard };
    queueMicrotask(() => {
      try {
        const run = this.find(id);
        heard({
          type: "events",
          events: run.events.filter((e) => e.seq > afterSeq),
          agent: run.agent,
          live: true,
        });
        this.watchers.add(watcher);
        for (const signal of passing(run.agent, this.demo === "error")) heard({ type: "signal", signal });
      } catch (fault) {
        failed(fault as Fault);
      }
    });
    return () => this.watchers.delete(watcher);
  }
}

/** Makes the fake for a demo, which an address may name as `?demo=many`. */
export function fakeBackend(demo: Demo, now: () => number = Date.now): Backend {
  const backend = new FakeBackend(demo, now);
  return Object.assign(backend, handover(backend.hands()));
}
