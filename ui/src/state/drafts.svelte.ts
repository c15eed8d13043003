/**
 * What is being written and was not sent yet, kept for as long as the window is open: to leave a screen, a pane or
 * a dialog loses nothing of it. Nothing here is written to disk.
 */
import { SvelteSet } from "svelte/reactivity";
import { type Draft, emptyDraft } from "./draft";
import { Messages } from "./messages.svelte";
import { Rewordings } from "./rewordings.svelte";

/** The form of a new agent, as it was left. */
export class CreateDraft {
  fields = $state<Draft>({ ...emptyDraft });
  /** Whether the source branch was chosen, and is not the repository's default any more. */
  sourceTouched = $state(false);
  /** Whether the target branch was chosen, and follows the name no longer. */
  targetTouched = $state(false);
  /** The issue that the task came from. */
  issue = $state<number | null>(null);
  /** The name that an issue gave, which another issue may replace. */
  givenName = "";
  /** Whether it holds what is usual, so that it is not put over what was changed of it. */
  begun = false;

  /** Whether there is anything in it that somebody would miss. */
  get written(): boolean {
    return [this.fields.name, this.fields.task, this.fields.repository].some((text) => text.trim() !== "");
  }
}

/** What is being written to one agent. */
export class AgentDraft {
  instruction = $state("");
  /** What it should do in place of going round in circles. */
  instead = $state("");
  /** What was chosen of the feedback, and the note on it. */
  readonly chosen = new SvelteSet<string>();
  note = $state("");
  readonly messages = new Messages();
  readonly rewordings = new Rewordings();
  private answered = $state.raw({ question: "", text: "" });

  /** An answer belongs to its question; to another one it would be wrong. */
  answer(question: string): string {
    return this.answered.question === question ? this.answered.text : "";
  }

  setAnswer(question: string, text: string): void {
    this.answered = { question, text };
  }
}

export class Drafts {
  private create: CreateDraft | null = null;
  // Nothing follows which drafts there are, only what is in one.
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  private readonly agents = new Map<string, AgentDraft>();

  /** The form of a new agent as it was left, or an empty one. */
  creating(): CreateDraft {
    return (this.create ??= new CreateDraft());
  }

  /** Begins the next form empty. */
  created(): void {
    this.create = null;
  }

  of(agent: string): AgentDraft {
    let draft = this.agents.get(agent);
    if (!draft) this.agents.set(agent, (draft = new AgentDraft()));
    return draft;
  }
}

/** Puts words that could not be sent before what was typed meanwhile. */
export function restored(words: string, typed: string, between = "\n"): string {
  return words && typed.trim() ? `${words}${between}${typed}` : words || typed;
}
