// The types and commands of the desktop app, as the Rust side describes them.
/* eslint-disable */
import { invoke as TAURI_INVOKE, type Channel as TAURI_CHANNEL } from "@tauri-apps/api/core";

export type Result<T, E> = { status: "ok"; data: T } | { status: "error"; error: E };

async function typed<T>(call: Promise<T>): Promise<Result<T, Fault>> {
  try {
    return { status: "ok", data: await call };
  } catch (e) {
    if (e instanceof Error) throw e;
    return { status: "error", error: e as Fault };
  }
}

export const commands = {
  agents: () => typed<Agent[]>(TAURI_INVOKE("agents")),
  createAgent: (newAgent: NewAgent) => typed<Agent>(TAURI_INVOKE("create_agent", { newAgent })),
  start: (id: string) => typed<null>(TAURI_INVOKE("start", { id })),
  cancelStart: (id: string) => typed<null>(TAURI_INVOKE("cancel_start", { id })),
  stop: (id: string) => typed<null>(TAURI_INVOKE("stop", { id })),
  pause: (id: string) => typed<null>(TAURI_INVOKE("pause", { id })),
  resume: (id: string) => typed<null>(TAURI_INVOKE("resume", { id })),
  instruct: (id: string, text: string) => typed<null>(TAURI_INVOKE("instruct", { id, text })),
  editInstruction: (id: string, instruction: string, text: string) =>
    typed<null>(TAURI_INVOKE("edit_instruction", { id, instruction, text })),
  removeInstruction: (id: string, instruction: string) =>
    typed<null>(TAURI_INVOKE("remove_instruction", { id, instruction })),
  reorderInstructions: (id: string, ids: string[]) =>
    typed<null>(TAURI_INVOKE("reorder_instructions", { id, ids })),
  answer: (id: string, text: string) => typed<null>(TAURI_INVOKE("answer", { id, text })),
  push: (id: string) => typed<null>(TAURI_INVOKE("push", { id })),
  setLimits: (id: string, limits: Limits) => typed<null>(TAURI_INVOKE("set_limits", { id, limits })),
  deleteAgent: (id: string) => typed<null>(TAURI_INVOKE("delete_agent", { id })),
  restoreAgent: (id: string) => typed<null>(TAURI_INVOKE("restore_agent", { id })),
  changes: (id: string) => typed<FileChange[]>(TAURI_INVOKE("changes", { id })),
  diffRows: (id: string, path: string, from: number, count: number) =>
    typed<DiffWindow>(TAURI_INVOKE("diff_rows", { id, path, from, count })),
  toolResult: (hash: string) => typed<string>(TAURI_INVOKE("tool_result", { hash })),
  branches: (repo: string) => typed<Branches>(TAURI_INVOKE("branches", { repo })),
  engineStatus: () => typed<EngineStatus>(TAURI_INVOKE("engine_status")),
  models: () => typed<ModelOption[]>(TAURI_INVOKE("models")),
  theme: () => typed<Theme>(TAURI_INVOKE("theme")),
  setTheme: (theme: Theme) => typed<null>(TAURI_INVOKE("set_theme", { theme })),
  watchAgents: (channel: TAURI_CHANNEL<Agent[]>) => typed<number>(TAURI_INVOKE("watch_agents", { channel })),
  watch: (id: string, afterSeq: number, channel: TAURI_CHANNEL<Update>) =>
    typed<number>(TAURI_INVOKE("watch", { id, afterSeq, channel })),
  unwatch: (watch: number) => typed<null>(TAURI_INVOKE("unwatch", { watch })),
};

export type Agent = {
  id: string;
  name: string;
  task: string;
  githubRepo: string;
  sourceBranch: string;
  targetBranch: string;
  containerId: string | null;
  agentPort: number | null;
  status: Status;
  pauseReason: PauseReason | null;
  waiting: boolean;
  errorMessage: string | null;
  errorCode: string | null;
  errorHint: string | null;
  userId: string;
  model: ModelChoice;
  limits: Limits;
  usage: Usage;
  requests: number;
  activity: string | null;
  baseCommit: string | null;
  baseTree: string | null;
  checkpoint: string | null;
  filesChanged: number;
  pushedCommit: string | null;
  ranMs: number;
  runningSince: number | null;
  lastSeq: number;
  startedAt: number | null;
  completedAt: number | null;
  pushedAt: number | null;
  deletedAt: number | null;
  createdAt: number;
  updatedAt: number;
};

export type Branches = { names: string[]; default: string | null };

export type CellFact = { name: string; value: string };

export type DiffCell = { line: number; spans: Span[] };

export type DiffNotice =
  | "BINARY"
  | "TOO_LARGE"
  | "SUBMODULE"
  | "SYMBOLIC_LINK"
  | "LFS_POINTER"
  | "NOT_UTF8"
  | "HIDDEN_UNICODE"
  | "LINE_ENDINGS"
  | "LONG_LINE"
  | "NOT_HIGHLIGHTED"
  | "TOO_MANY_ROWS";

export type DiffRow =
  | { type: "hunk"; header: string; oldStart: number; oldLines: number; newStart: number; newLines: number }
  | { type: "pair"; left: DiffCell | null; right: DiffCell | null; kind: PairKind }
  | { type: "gap"; hidden: number };

export type DiffWindow = {
  change: FileChange;
  language: string;
  fromRow: number;
  totalRows: number;
  rows: DiffRow[];
  truncated: boolean;
  notices: DiffNotice[];
  oldMissingNewline: boolean;
  newMissingNewline: boolean;
};

export type EditedFile = { path: string; added: number; removed: number };

export type EngineState = "READY" | "MISSING" | "STOPPED" | "DENIED";

export type EngineStatus = { state: EngineState; fault: Fault | null; version: string | null };

export type Event = { seq: number; at: number; kind: EventKind };

export type EventKind =
  | { type: "created"; task: string; instruction: string }
  | { type: "startRequested" }
  | { type: "slotAwaited"; ahead: number }
  | { type: "startCancelled" }
  | { type: "cloneStarted" }
  | { type: "cloned"; baseCommit: string; baseTree: string; files: number; kib: number; notes: string[] }
  | { type: "cloneCancelled"; reason: PauseReason }
  | { type: "cellOpened"; containerId: string; facts: CellFact[]; readyMs: number }
  | { type: "instructionQueued"; id: string; text: string }
  | { type: "instructionEdited"; id: string; text: string }
  | { type: "instructionRemoved"; id: string }
  | { type: "instructionsReordered"; ids: string[] }
  | { type: "turnStarted"; instruction: string; text: string }
  | {
      type: "modelAnswered";
      request: number;
      text: string;
      reasoning: string | null;
      replay: string | null;
      usage: Usage;
      durationMs: number;
    }
  | { type: "modelRetried"; attempt: number; fault: Fault; waitMs: number }
  | { type: "toolRequested"; call: string; tool: string; label: string; arguments: string }
  | {
      type: "toolFinished";
      call: string;
      outcome: ToolOutcome;
      result: string;
      resultBlob: string | null;
      durationMs: number;
      edited: EditedFile[];
      checkpoint: string | null;
      filesChanged: number;
    }
  | { type: "questionAsked"; call: string; question: string }
  | { type: "questionAnswered"; call: string; text: string }
  | { type: "paused"; reason: PauseReason; limit: LimitKind | null }
  | { type: "limitsChanged"; limits: Limits }
  | { type: "resumed" }
  | { type: "completed"; summary: string; unverified: string | null }
  | { type: "failed"; fault: Fault }
  | { type: "pushStarted"; branch: string; commit: string; tree: string }
  | { type: "pushCompleted"; branch: string; commit: string; created: boolean }
  | { type: "pushFailed"; fault: Fault }
  | { type: "deleted" }
  | { type: "restored" }
  | { type: "noted"; message: string };

export type Fault = { code: string; message: string; hint: string | null };

export type FileChange = {
  path: string;
  oldPath: string | null;
  kind: FileChangeKind;
  added: number;
  removed: number;
  binary: boolean;
  oldMode: number | null;
  newMode: number | null;
};

export type FileChangeKind = "ADDED" | "MODIFIED" | "DELETED" | "RENAMED" | "MODE";

export type Instruction = { id: string; text: string; queuedAt: number };

export type LimitKind = "TOKENS" | "TURNS" | "TIME";

export type Limits = { tokens: number | null; turns: number | null; seconds: number | null };

export type ModelChoice = { provider: string; name: string; baseUrl: string | null };

export type ModelOption = { provider: string; name: string; label: string };

export type NewAgent = {
  name: string;
  task: string;
  githubRepo: string;
  sourceBranch: string;
  targetBranch: string;
  model: ModelChoice;
  limits: Limits;
};

export type PairKind = "CONTEXT" | "CHANGED" | "ADDED" | "REMOVED";

export type PauseReason = "USER" | "STOPPED" | "QUESTION" | "LIMIT" | "QUOTA" | "INTERRUPTED";

export type ScopeClass =
  | "plain"
  | "keyword"
  | "string"
  | "escape"
  | "comment"
  | "number"
  | "constant"
  | "function"
  | "type"
  | "variable"
  | "operator"
  | "punctuation"
  | "tag"
  | "attribute"
  | "heading"
  | "link"
  | "emphasis"
  | "hidden";

export type Signal =
  | { type: "cloneProgress"; received: number; total: number; kib: number }
  | { type: "importProgress"; done: number; total: number }
  | { type: "modelRequested"; request: number }
  | { type: "textDelta"; text: string }
  | { type: "reasoningDelta"; text: string };

export type Span = { text: string; scope: ScopeClass; changed: boolean };

export type Status = "IDLE" | "CLONING" | "RUNNING" | "PAUSED" | "COMPLETED" | "ERROR" | "PUSHING";

export type Theme = "SYSTEM" | "LIGHT" | "DARK";

export type ToolCall = {
  id: string;
  tool: string;
  label: string;
  arguments: string;
  requestedAt: number;
  outcome: ToolOutcome | null;
  result: string | null;
  resultBlob: string | null;
  durationMs: number | null;
  edited: EditedFile[];
  checkpoint: string | null;
};

export type ToolOutcome = "OK" | "REFUSED" | "CANCELLED";

export type Update =
  | { type: "events"; events: Event[]; agent: Agent; live: boolean }
  | { type: "signal"; signal: Signal };

export type Usage = { inputTokens: number; cachedTokens: number; outputTokens: number };
