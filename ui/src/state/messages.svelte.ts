/** The commit messages of a push: what the plan proposed, and what the user made of it. */

/** The paragraph by which a message names its agent, which the engine puts last. */
const TRAILER = /\n(Agent: Anchorhold \([^\n]*\))\s*$/;

/** What was proposed last for the same commits, and what became of it. */
type Kept = { proposed: readonly string[]; written: readonly string[] };

export class Messages {
  written = $state<string[]>([]);
  /** By the messages without their trailers, so that another choice of commits and back loses nothing. */
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  private readonly kept = new Map<string, Kept>();
  private proposed: readonly string[] = [];

  /**
   * Takes what a plan proposes; what was written stays with the proposal that it was written for. A trailer that
   * comes, goes or changes does so at the end of the user's words as well.
   */
  propose(messages: readonly string[]): void {
    this.kept.set(keyOf(this.proposed), { proposed: this.proposed, written: [...this.written] });
    const known = this.kept.get(keyOf(messages));
    this.proposed = [...messages];
    this.written = messages.map((message, at) => {
      const [before, words] = [known?.proposed[at], known?.written[at]];
      return before === undefined || words === undefined || words === before
        ? message
        : trailed(words, trailerOf(before), trailerOf(message));
    });
  }

  /** Lets the next plan propose its own, once these are commits. */
  spend(): void {
    this.kept.clear();
    this.proposed = [];
  }
}

const trailerOf = (message: string) => TRAILER.exec(message)?.[1] ?? null;
const keyOf = (messages: readonly string[]) =>
  JSON.stringify(messages.map((message) => message.replace(TRAILER, "").trimEnd()));

/** Puts one trailer in the place of another, where the user did not take that one away. */
function trailed(words: string, before: string | null, after: string | null): string {
  if (before === after) return words;
  const text = words.trimEnd();
  const bare = before !== null && text.endsWith(before) ? text.slice(0, -before.length).trimEnd() : words;
  return after === null ? bare : `${bare.trimEnd()}\n\n${after}`;
}
