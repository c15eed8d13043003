/** What the log tells of handing work over: notes on it, and where the pull request stands. */
import type { Event, EventKind, Feedback } from "../bindings";
import { deliveryText, pullRequestNews } from "./delivery";
import { capital, plural, sentence } from "./format";
import type { About, Draft, LogRow, Note, Tone } from "./reduce";

/** Adds what an event says of the handing over to the rows; says whether it was about that. */
export function foldHandover(draft: Draft, { seq, at, kind }: Event): boolean {
  const key = String(seq);
  const add = (row: Omit<Note, "key" | "at"> | Milestone) => draft.rows.push({ key, at, ...row } as LogRow);
  switch (kind.type) {
    case "deliveryChanged":
      add(note("delivery", "Delivery changed", { detail: capital(deliveryText(kind.delivery)) }));
      return true;
    case "deliveryFailed": {
      const { step, fault } = kind;
      if (step === "FOLLOW_UP") {
        const detail = [fault.message, fault.hint]
          .filter((text) => text !== null)
          .map(sentence)
          .join(" ");
        add(note("feedback", "What came back waits for you", { warns: true, detail }));
      } else {
        draft.rows.push({ key, at, type: "failed", fault });
      }
      return true;
    }
    case "targetChanged":
      add(note("delivery", `Pushes to ${kind.branch} from now on`));
      // What came back was another pull request's.
      draft.answered = seq;
      return true;
    case "reapplied":
      add(milestone("plain", `Re-applied onto ${kind.onto.slice(0, 10)}`, differs(kind.filesChanged)));
      return true;
    case "pullRequestChanged": {
      const { pullRequest } = kind;
      add(milestone(toneOf(pullRequest), pullRequestNews(draft.pullRequest, pullRequest)));
      draft.pullRequest = pullRequest;
      return true;
    }
    case "feedbackArrived": {
      const more = kind.items.map(lineOf).join("\n") || null;
      const over = kind.over?.length ?? 0;
      const passed = over > 0 ? [`${plural(over, "failed check fails", "failed checks fail")} no more`] : [];
      const came = kind.items.length > 0 || over === 0 ? [`${counted(kind.items)} came back`] : [];
      add(note("feedback", [...came, ...passed].join("; "), { warns: kind.items.length > 0, more }));
      draft.answered = seq;
      return true;
    }
    case "feedbackTaken": {
      const what = plural(kind.ids.length, "piece of feedback", "pieces of feedback");
      add(note("feedback", `The agent was told ${what}${kind.byItself ? ", by itself" : ""}`));
      draft.answered = seq;
      return true;
    }
    case "pushCompleted":
      // What was said of an older commit is outdated now; the row comes with the other milestones.
      draft.answered = seq;
      draft.pushEnded = seq;
      return false;
    case "pushFailed":
      draft.pushEnded = seq;
      return false;
    default:
      return false;
  }
}

type Milestone = { type: "milestone"; tone: Tone; text: string; detail: string | null };
type Changed = Extract<EventKind, { type: "pullRequestChanged" }>["pullRequest"];

function note(about: About, text: string, more: Partial<Note> = {}): Note {
  return { type: "note", about, warns: false, text, detail: null, more: null, blob: null, ...more };
}

function milestone(tone: Tone, text: string, detail: string | null = null): Milestone {
  return { type: "milestone", tone, text, detail };
}

function differs(files: number): string {
  return `${plural(files, "file differs", "files differ")} from the source branch`;
}

function toneOf({ state, checks }: Changed): Tone {
  if (state === "MERGED") return "good";
  if (state === "CLOSED") return "held";
  if (checks === "FAILED") return "bad";
  return checks === "PASSED" ? "good" : "sent";
}

/** Counts what came back by its kind, as in `2 line comments and 1 failed check`. */
export function counted(items: readonly Pick<Feedback, "kind">[]): string {
  const count = (kind: Feedback["kind"]) => items.filter((item) => item.kind === kind).length;
  const parts = [
    [count("FAILED_CHECK"), "failed check"],
    [count("REVIEW"), "review"],
    [count("LINE_COMMENT"), "line comment"],
    [count("COMMENT"), "comment"],
  ] as const;
  const written = parts.filter(([n]) => n > 0).map(([n, word]) => plural(n, word));
  const last = written.pop() ?? "Nothing";
  return written.length > 0 ? `${written.join(", ")} and ${last}` : last;
}

function lineOf({ author, title, path, line }: Feedback): string {
  const place = path === null ? "" : ` (${placeOf(path, line)})`;
  return `${author}: ${title}${place}`;
}

/** Writes where something is, as in `src/a.ts:12`. */
export function placeOf(path: string, line: number | null): string {
  return line === null ? path : `${path}:${line}`;
}
