/** The backend inside the desktop app: the generated commands, with results turned into rejections. */
import { Channel } from "@tauri-apps/api/core";
import { commands, type Fault, type Followed } from "../bindings";
import { type Backend, toFault, type Unsubscribe } from "./backend";

type Answer<T> = { status: "ok"; data: T } | { status: "error"; error: Fault };

async function take<T>(answer: Promise<Answer<T>>): Promise<T> {
  const result = await answer.catch((thrown: unknown) => {
    throw toFault(thrown);
  });
  if (result.status === "ok") return result.data;
  throw result.error;
}

/** For a command that cannot be refused, unless the shell itself refuses it. */
async function plain<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((thrown: unknown) => {
    throw toFault(thrown);
  });
}

async function done(answer: Promise<Answer<unknown>>): Promise<void> {
  await take(answer);
}

function subscribe<T>(
  open: (channel: Channel<T>) => Promise<Answer<number>>,
  heard: (message: T) => void,
  failed: (fault: Fault) => void,
  end: (number: number) => Promise<unknown>,
): Unsubscribe {
  let active = true;
  const channel = new Channel<T>((message) => {
    if (active) heard(message);
  });
  const opened = take(open(channel));
  opened.catch((fault: unknown) => {
    if (active) failed(toFault(fault));
  });
  return () => {
    if (!active) return;
    active = false;
    // The watch may still be opening, so it is ended by its number once that is known.
    opened.then(end).catch(() => undefined);
  };
}

/** Subscribes to what has no end of its own: where it ends, that is a failure. */
function watching<T>(
  open: (channel: Channel<Followed<T>>) => Promise<Answer<number>>,
  heard: (message: T) => void,
  failed: (fault: Fault) => void,
): Unsubscribe {
  const hear = (said: Followed<T>) => (said.type === "told" ? heard(said.message) : failed(said.fault));
  return subscribe(open, hear, failed, commands.unwatch);
}

/** Hears what concerns no command. Without it the page knows less, and nothing of it fails. */
function follow<T>(
  open: (channel: Channel<T>) => Promise<Answer<number>>,
  heard: (message: T) => void,
): Unsubscribe {
  return subscribe(open, heard, () => undefined, commands.unwatch);
}

export const tauriBackend: Backend = {
  recorded: false,
  agents: () => take(commands.agents()),
  createAgent: (newAgent) => take(commands.createAgent(newAgent)),
  start: (id) => done(commands.start(id)),
  cancelStart: (id) => done(commands.cancelStart(id)),
  stop: (id) => done(commands.stop(id)),
  pause: (id) => done(commands.pause(id)),
  resume: (id) => done(commands.resume(id)),
  instruct: (id, text) => take(commands.instruct(id, text)),
  editInstruction: (id, instruction, text) => done(commands.editInstruction(id, instruction, text)),
  removeInstruction: (id, instruction) => done(commands.removeInstruction(id, instruction)),
  reorderInstructions: (id, ids) => done(commands.reorderInstructions(id, ids)),
  sendNow: (id, instruction, interrupt) => done(commands.sendNow(id, instruction, interrupt)),
  mentionable: (id, typed) => take(commands.mentionable(id, typed)),
  answer: (id, text) => done(commands.answer(id, text)),
  setLimits: (id, limits) => done(commands.setLimits(id, limits)),
  setModel: (id, model, fallback) => done(commands.setModel(id, model, fallback)),
  setFileRules: (id, files) => done(commands.setFileRules(id, files)),
  usualFileRules: () => plain(commands.usualFileRules()),
  wrapUp: (id) => done(commands.wrapUp(id)),
  deleteAgent: (id) => done(commands.deleteAgent(id)),
  restoreAgent: (id) => done(commands.restoreAgent(id)),
  changes: (id) => take(commands.changes(id)),
  diffRows: (id, path, from, count) => take(commands.diffRows(id, path, from, count)),
  disclosures: (id) => take(commands.disclosures(id)),
  toolResult: (hash) => take(commands.toolResult(hash)),
  accounts: () => take(commands.accounts()),
  signInOffer: (host) => take(commands.signInOffer(host)),
  signIn: (host, way, token, remember, heard) =>
    subscribe(
      (channel) => commands.signIn(host, way, token, remember, channel),
      heard,
      (fault) => heard({ type: "failed", fault }),
      commands.cancelSignIn,
    ),
  watchSignIns: (heard) => follow((channel) => commands.watchSignIns(channel), heard),
  watchVisits: (heard) => follow((channel) => commands.watchVisits(channel), heard),
  signOut: (key) => done(commands.signOut(key)),
  chooseAccount: (key) => done(commands.chooseAccount(key)),
  setCommitEmail: (key, email) => done(commands.setCommitEmail(key, email)),
  forgeApp: (host) => take(commands.forgeApp(host)),
  setForgeApp: (app, secret) => done(commands.setForgeApp(app, secret)),
  forgetForgeApp: (host) => done(commands.forgetForgeApp(host)),
  repositories: (account, text) => take(commands.repositories(account, text)),
  openPage: (url) => done(commands.openPage(url)),
  issues: (repo, text) => take(commands.issues(repo, text)),
  issueTask: (repo, number) => take(commands.issueTask(repo, number)),
  pushPlan: (id) => take(commands.pushPlan(id)),
  push: (id, wish) => done(commands.push(id, wish)),
  cancelPush: (id) => done(commands.cancelPush(id)),
  setTargetBranch: (id, branch) => done(commands.setTargetBranch(id, branch)),
  setDelivery: (id, delivery) => done(commands.setDelivery(id, delivery)),
  pullRequestDraft: (id) => take(commands.pullRequestDraft(id)),
  openPullRequest: (id, draft) => done(commands.openPullRequest(id, draft)),
  lookForFeedback: (id) => done(commands.lookForFeedback(id)),
  feedback: (id) => take(commands.feedback(id)),
  takeFeedback: (id, ids, note) => done(commands.takeFeedback(id, ids, note)),
  branches: (repo) => take(commands.branches(repo)),
  engineStatus: () => take(commands.engineStatus()),
  engines: () => take(commands.engines()),
  engineChoice: () => take(commands.engineChoice()),
  chooseEngine: (choice) => done(commands.chooseEngine(choice)),
  providers: () => take(commands.providers()),
  testModel: (model) => take(commands.testModel(model)),
  catalogue: () => take(commands.catalogue()),
  keepKey: (what, key) => done(commands.keepKey(what, key)),
  forgetKey: (what) => done(commands.forgetKey(what)),
  runSettings: () => take(commands.runSettings()),
  setRunSettings: (settings) => done(commands.setRunSettings(settings)),
  dayUsage: () => take(commands.dayUsage()),
  theme: () => take(commands.theme()),
  setTheme: (theme) => done(commands.setTheme(theme)),
  watchAgents: (heard, failed) => watching((channel) => commands.watchAgents(channel), heard, failed),
  watch: (id, afterSeq, heard, failed) =>
    watching((channel) => commands.watch(id, afterSeq, channel), heard, failed),
};
