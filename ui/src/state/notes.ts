/** What happens around the work, in words: the prompt, models, room, loops, limits, rules and steering. */
import type { EventKind, FileRules, Limits, PlanStep } from "../bindings";
import { tokensText } from "./figures";
import { compact, plural, round, sentence } from "./format";
import type { About, Note } from "./reduce";
import { amountOf, limitName, loopText, modelName, modelPlace } from "./words";

function note(about: About, text: string, more: Partial<Note> = {}): Note {
  return { type: "note", about, warns: false, text, detail: null, more: null, blob: null, ...more };
}

/** Returns the note that an event leaves, or nothing where it has another row or none. */
export function noteOf(kind: EventKind): Note | null {
  switch (kind.type) {
    case "promptPrepared":
      return note("prompt", "Told the model about the repository", {
        detail: [
          kind.guidance.length > 0 ? `guidance from ${kind.guidance.join(", ")}` : "no guidance",
          `${plural(kind.mapped, "file")} mapped`,
          `${plural(kind.excluded, "file")} kept back`,
        ].join(" · "),
        blob: kind.blob,
      });
    case "modelSelected":
      return note("model", `${kind.fault ? "Goes on with" : "Works with"} ${kind.model.name}`, {
        warns: kind.fault !== null,
        detail: selected(kind),
      });
    case "modelInterrupted":
      return note("steering", "Answer broken off for an instruction", { more: kind.text || null });
    case "answerLost":
      return note("model", `No answer came of a request: ${tokensText(kind.usage)}`);
    case "planChanged": {
      const done = kind.steps.filter((step) => step.status === "DONE").length;
      return note("plan", `Plan: ${done} of ${plural(kind.steps.length, "step")} done`, {
        detail: kind.steps.find((step) => step.status === "ACTIVE")?.text ?? null,
        more: kind.steps.map(stepLine).join("\n"),
      });
    }
    case "resultsShrunk":
      return note("context", `Old results of ${plural(kind.calls.length, "call")} were cut: ${cut(kind)}`);
    case "compacted":
      return note("context", `The older part was summed up: ${cut(kind)}`, { more: kind.summary });
    case "loopNoticed":
      return note("loop", loopText(kind.pattern, kind.times), {
        warns: true,
        detail: kind.advice ? `It was told: ${kind.advice}` : null,
      });
    case "limitNeared": {
      const { limit, used, most } = kind;
      return note(
        "limit",
        `Near the ${limitName[limit]}: ${amountOf(limit, used)} of ${amountOf(limit, most)}`,
        {
          warns: true,
        },
      );
    }
    case "limitsChanged":
      return note("limit", "Limits changed", { detail: limitsText(kind.limits) });
    case "modelChanged":
      return note("model", `Model changed to ${kind.model.name}`, {
        detail: [modelPlace(kind.model), kind.fallback ? `where it fails ${modelName(kind.fallback)}` : null]
          .filter(Boolean)
          .join(" · "),
      });
    case "fileRulesChanged":
      return note("files", "File rules changed", { detail: rulesText(kind.files) });
    case "wrapUpRequested":
      return note("steering", "Asked to wrap up");
    case "instructionSentNow":
      return note(
        "steering",
        kind.interrupt ? "Instruction sent at once" : "Instruction sent for the next step",
      );
    default:
      return null;
  }
}

type Selected = Extract<EventKind, { type: "modelSelected" }>;

function selected({ model, window, priced, fault }: Selected): string {
  const known = [
    modelPlace(model),
    window === null ? "window unknown" : `${round(window)} window`,
    priced ? null : "price unknown",
  ];
  const facts = known.filter(Boolean).join(" · ");
  return fault ? `${facts}. ${sentence(fault.message)}` : facts;
}

function cut({ tokensBefore, tokensAfter }: { tokensBefore: number; tokensAfter: number }): string {
  return `${compact(tokensBefore)} → ${compact(tokensAfter)} tokens`;
}

const stepMark: Record<PlanStep["status"], string> = { PENDING: "○", ACTIVE: "●", DONE: "✓" };

function stepLine({ text, status }: PlanStep): string {
  return `${stepMark[status]} ${text}`;
}

/** Lists limits in one line. */
export function limitsText({ money, tokens, turns, seconds }: Limits): string {
  const parts = [
    money == null ? null : amountOf("MONEY", money),
    tokens === null ? null : `${amountOf("TOKENS", tokens)} tokens`,
    turns === null ? null : plural(turns, "request"),
    seconds === null ? null : amountOf("TIME", seconds),
  ];
  return parts.filter(Boolean).join(" · ") || "No limits";
}

/** Sums up rules about files in one line. */
export function rulesText({ excluded, only, protected: kept }: FileRules): string {
  const parts = [
    `${plural(excluded.length, "pattern")} kept back`,
    only.length > 0 ? `changes only ${only.join(", ")}` : null,
    kept.length > 0 ? `never changes ${kept.join(", ")}` : null,
  ];
  return parts.filter(Boolean).join(" · ");
}
