/** Recorded runs: events as an engine wrote them, cut into steps that the fake plays one by one. */
import type { EventKind, ToolOutcome } from "../../bindings";
import { sealedCell } from "./cell";
import { sonnet } from "./models";

/** Events that were recorded together, and how long before them nothing happened. */
export type Step = { afterMs: number; kinds: EventKind[] };

export const baseCommit = "7c1f0d2ab94e55b1c6d0f3e2a8b7c9d4e5f60718";

export const opening: Step[] = [
  { afterMs: 400, kinds: [{ type: "startRequested" }, { type: "cloneStarted" }] },
  {
    afterMs: 2600,
    kinds: [
      {
        type: "cloned",
        baseCommit,
        baseTree: "e2a8b7c9d4e5f607187c1f0d2ab94e55b1c6d0f3",
        files: 1284,
        kib: 18_432,
        notes: ["The submodule vendor/icons is not in the workspace"],
      },
      {
        type: "cellOpened",
        containerId: "4f2d9c1e7ab0",
        facts: sealedCell,
        readyMs: 231,
      },
    ],
  },
];

/** The same on a kernel that has no rules for files. */
export const olderKernel: Step[] = opening.map(({ afterMs, kinds }) => ({
  afterMs,
  kinds: kinds.map((kind) =>
    kind.type !== "cellOpened"
      ? kind
      : {
          ...kind,
          facts: kind.facts.map((fact) =>
            fact.name === "file rules"
              ? {
                  ...fact,
                  measured: "the kernel has no Landlock; the bridge's own path rules hold",
                  verdict: "REDUCED",
                }
              : fact,
          ),
        },
  ),
}));

let calls = 0;
let requests = 0;

/** The model says something; every answer costs a little. */
export function said(text: string, reasoning: string | null = null, cost: number | null = 52_400): EventKind {
  requests += 1;
  return {
    type: "modelAnswered",
    request: requests,
    text,
    reasoning,
    replay: null,
    usage: { inputTokens: 82_480, cachedTokens: 68_900, outputTokens: 412 },
    cost,
    durationMs: 2140,
  };
}

type CallEnd = {
  outcome?: ToolOutcome;
  result?: string;
  durationMs?: number;
  edited?: { path: string; added: number; removed: number }[];
  files?: number;
  blob?: string;
};

/** One tool call from request to result. */
export function call(tool: string, label: string, args: object, end: CallEnd = {}): Step[] {
  calls += 1;
  const id = `call_${calls}`;
  const edited = end.edited ?? [];
  return [
    {
      afterMs: 900,
      kinds: [{ type: "toolRequested", call: id, tool, label, arguments: JSON.stringify(args) }],
    },
    {
      afterMs: 120,
      kinds: [
        {
          type: "toolFinished",
          call: id,
          outcome: end.outcome ?? "OK",
          result: end.result ?? "done",
          resultBlob: end.blob ?? null,
          durationMs: end.durationMs ?? 3,
          edited,
          checkpoint: edited.length > 0 ? `9d4e5f6${calls}` : null,
          filesChanged: end.files ?? 0,
        },
      ],
    },
  ];
}

export const one = (afterMs: number, ...kinds: EventKind[]): Step => ({ afterMs, kinds });

/** What the agent is told first, and which model it asks. */
export function prepared(model = sonnet, window: number | null = 200_000, priced = true): EventKind[] {
  return [
    {
      type: "promptPrepared",
      blob: "b3:77aa",
      guidance: ["AGENTS.md", ".github/copilot-instructions.md"],
      mapped: 214,
      excluded: 3,
    },
    { type: "modelSelected", model, window, outputLimit: 64_000, priced, fault: null },
  ];
}

const steps = [
  "Look at how the project is laid out",
  "Write the types of the props",
  "Move App.jsx to TypeScript",
  "Move the date helpers and their callers",
  "Remove the legacy shim",
  "Describe the locale parameter in the README",
  "Look through everything once more",
];

/** The plan with some steps done. */
export function plan(done: number): EventKind {
  const status = (at: number) => (at < done ? "DONE" : at === done ? "ACTIVE" : "PENDING");
  return { type: "planChanged", steps: steps.map((text, at) => ({ text, status: status(at) })) };
}

const list = "src/App.jsx\nsrc/dates.js\nsrc/entries.js\nsrc/routes.ts\nsrc/legacy.js\nREADME.md";

/** Reading, then the first edits; what a run looks like some minutes in. */
export function refactor(task: string, instruction: string): Step[] {
  return [
    one(200, ...prepared(), { type: "turnStarted", instruction, text: task }),
    one(
      1800,
      said(
        "I will look at how the project is laid out first.",
        "The task names no files. List the tree, then read the entry point and follow its imports.",
      ),
    ),
    ...call("list_files", "list src", { path: "src" }, { result: list }),
    ...call(
      "read_file",
      "read src/App.jsx",
      { path: "src/App.jsx" },
      { result: 'import React from "react";\n…', blob: "b3:41c0", durationMs: 2 },
    ),
    ...call(
      "read_file",
      "read src/dates.js",
      { path: "src/dates.js" },
      { result: "export function formatDate(value) {", durationMs: 2 },
    ),
    ...call(
      "search",
      "search “propTypes”",
      { pattern: "propTypes" },
      { result: "src/App.jsx:64: EntryRow.propTypes = {", durationMs: 14 },
    ),
    one(2400, {
      type: "modelRetried",
      attempt: 1,
      fault: {
        code: "model_overloaded",
        message: "ask the model: the provider is overloaded (529)",
        hint: "Nothing to do; the request is made again.",
      },
      waitMs: 12_000,
    }),
    one(3000, said("Types first, so that the component can use them."), plan(3)),
    ...call(
      "write_file",
      "write src/types.ts",
      { path: "src/types.ts" },
      { edited: [{ path: "src/types.ts", added: 9, removed: 0 }], files: 1, durationMs: 6 },
    ),
    ...call(
      "move_file",
      "move src/App.jsx → src/App.tsx",
      { from: "src/App.jsx", to: "src/App.tsx" },
      { edited: [{ path: "src/App.tsx", added: 0, removed: 0 }], files: 2, durationMs: 4 },
    ),
    ...call(
      "edit_file",
      "edit src/App.tsx",
      {
        path: "src/App.tsx",
        old: "function EntryRow({ entry, onOpen }) {",
        new: "const EntryRow: FC<EntryRowProps> = ({ entry, onOpen }) => {",
      },
      {
        edited: [{ path: "src/App.tsx", added: 14, removed: 11 }],
        files: 2,
        durationMs: 5,
        result: "edited src/App.tsx: 14 added, 11 removed",
      },
    ),
    ...call(
      "edit_file",
      "edit src/dates.js",
      { path: "src/dates.js", old: "formatDate(v)" },
      { outcome: "REFUSED", result: "the text to replace was not found in src/dates.js", durationMs: 3 },
    ),
    ...call("read_file", "read src/dates.js", { path: "src/dates.js" }, { durationMs: 2 }),
    ...call(
      "edit_file",
      "edit src/dates.ts",
      { path: "src/dates.ts" },
      { edited: [{ path: "src/dates.ts", added: 5, removed: 6 }], files: 5, durationMs: 4 },
    ),
  ];
}

/** The end of the same run. */
export function finish(files: number): Step[] {
  return [
    ...call(
      "delete_file",
      "delete src/legacy.js",
      { path: "src/legacy.js" },
      { edited: [{ path: "src/legacy.js", added: 0, removed: 4 }], files, durationMs: 3 },
    ),
    ...call(
      "edit_file",
      "edit README.md",
      { path: "README.md" },
      { edited: [{ path: "README.md", added: 3, removed: 1 }], files, durationMs: 4 },
    ),
    one(
      2200,
      said(
        "The components are in TypeScript now; the date helpers take a locale and the legacy shim is gone.",
      ),
    ),
    one(300, {
      type: "completed",
      summary: "Moved the journal to TypeScript: 3 files renamed, types added, the legacy shim removed.",
      unverified: "The type check and the tests were not run: nothing can be executed here.",
    }),
  ];
}
