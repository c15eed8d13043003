/** A run of some hours, whose log holds every kind of event once. */
import { born, played, type Recorded } from "./born";
import { mini } from "./models";
import { call, one, opening, plan, refactor, said } from "./recording";

const MINUTE = 60_000;

const summary = `The journal is TypeScript except src/legacy.js.

- Props are types, not interfaces, as the task says.
- formatDate takes a locale; its callers pass none yet.
- The user wants the prop names kept.`;

const generated = "Leave the generated files alone, as @.gitattributes and @docs/generated.md say.";

export function longRun(now: number): Recorded {
  const run = born(
    "a17",
    "Move the journal to ESM",
    "Move the journal to ES modules.",
    "octo/web",
    "agent/esm",
    now - 300 * MINUTE,
  );
  run.agent = { ...run.agent, fallback: mini };
  const rules = { ...run.agent.files, only: ["src/"], protected: ["src/generated/"] };
  return played(run, [
    ...opening,
    ...refactor(run.agent.task, "a17-task"),
    one(60_000, {
      type: "resultsShrunk",
      calls: Array.from({ length: 14 }, (_, n) => `call_${n}`),
      tokensBefore: 90_300,
      tokensAfter: 60_100,
    }),
    one(4000, {
      type: "modelSelected",
      model: mini,
      window: 400_000,
      outputLimit: 128_000,
      priced: true,
      fault: {
        code: "model_overloaded",
        message: "ask the model: the provider is overloaded (529)",
        hint: null,
      },
    }),
    one(3000, said("The rest of the imports next.", "The fallback knows what was done from the log.")),
    ...call("edit_file", "edit src/routes.ts", { path: "src/routes.ts" }, { files: 5 }),
    one(2000, {
      type: "compacted",
      through: 30,
      summary,
      tokensBefore: 156_000,
      tokensAfter: 41_500,
      usage: { inputTokens: 156_000, cachedTokens: 150_000, outputTokens: 900 },
      cost: 61_000,
    }),
    one(900, { type: "instructionQueued", id: "n1", text: generated }),
    one(800, { type: "instructionSentNow", id: "n1", interrupt: true }),
    one(100, { type: "modelInterrupted", request: 9, text: "Now the generated" }),
    one(300, {
      type: "turnStarted",
      instruction: "n1",
      text: generated,
      shown: [".gitattributes", "docs/generated.md"],
    }),
    one(2000, {
      type: "loopNoticed",
      pattern: "IDENTICAL",
      times: 3,
      advice: "The same search gave the same result three times. Use what it said, or look elsewhere.",
    }),
    one(2000, { type: "limitNeared", limit: "MONEY", used: 4_020_000, most: 5_000_000 }),
    one(1000, { type: "paused", reason: "USER", limit: null, until: null, fault: null }),
    one(9000, { type: "limitsChanged", limits: { ...run.agent.limits, money: 10_000_000 } }),
    one(1000, { type: "modelChanged", model: run.agent.model, fallback: null }),
    one(1000, { type: "fileRulesChanged", files: rules }),
    one(1000, { type: "wrapUpRequested" }, { type: "slotAwaited", ahead: 2 }),
    one(9000, { type: "slotTaken" }, plan(6)),
    one(4000, said("Everything but the last step is done.")),
    one(300, { type: "completed", summary: "Six of seven steps are done.", unverified: "Nothing was run." }),
  ]);
}
