/** The paths that are offered while one is typed behind an `@`. */
import { toFault } from "../backend/backend";
import { type Mention, mentionAt } from "./mention";

/** Finds the paths that match what was typed, the best first; none where no files are known. */
export type Paths = (typed: string) => Promise<readonly string[]> | null;

/** Long enough that a quick word is asked for once. */
const SETTLED_MS = 90;

export class Mentions {
  /** What is typed, while it is a mention. */
  at = $state.raw<Mention | null>(null);
  paths = $state.raw<readonly string[]>([]);
  stage = $state<"unknown" | "loading" | "ready" | "failed">("loading");
  /** Why there are no paths, where they could not be asked for. */
  reason = $state("");
  active = $state(0);
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly find: Paths) {}

  /** Whether there is something to be seen of it. Where no files are known, typing goes on as if nothing were. */
  readonly open = $derived(this.at !== null && this.stage !== "unknown");

  /** Looks at what stands before the caret. */
  typed(text: string, caret: number): void {
    const at = mentionAt(text, caret);
    if (at?.from === this.at?.from && at?.typed === this.at?.typed) return;
    const opens = this.at === null;
    this.at = at;
    this.cancel();
    if (!at) return;
    const mine = this.asked;
    if (opens) {
      this.paths = [];
      this.stage = "unknown";
    }
    const ask = () => {
      const found = this.find(at.typed);
      if (found) return void this.hear(found, mine);
      this.paths = [];
      this.stage = "unknown";
    };
    this.timer = setTimeout(ask, SETTLED_MS);
  }

  /** Moves to the path after or before, around the ends. */
  move(by: 1 | -1): void {
    const count = this.paths.length;
    if (count > 0) this.active = (this.active + by + count) % count;
  }

  close(): void {
    this.at = null;
    this.cancel();
  }

  /** An answer that is still on its way is not heard any more. */
  private cancel(): void {
    clearTimeout(this.timer);
    this.asked += 1;
  }

  private async hear(found: Promise<readonly string[]>, mine: number): Promise<void> {
    if (this.stage === "unknown") this.stage = "loading";
    try {
      const paths = await found;
      if (mine !== this.asked) return;
      this.paths = paths;
      this.stage = "ready";
      this.active = 0;
    } catch (thrown) {
      if (mine !== this.asked) return;
      this.paths = [];
      this.reason = toFault(thrown).message;
      this.stage = "failed";
    }
  }
}
