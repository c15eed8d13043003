/** The paths that are offered while one is typed behind an `@`. */
import { type Backend, toFault } from "../backend/backend";
import { type Mention, mentionAt } from "./mention";

/** Long enough that a quick word is asked for once. */
const SETTLED_MS = 90;

export class Mentions {
  /** What is typed, while the list is open. */
  at = $state.raw<Mention | null>(null);
  paths = $state.raw<readonly string[]>([]);
  stage = $state<"loading" | "ready" | "failed">("loading");
  /** Why there are no paths, where they could not be asked for. */
  reason = $state("");
  active = $state(0);
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly backend: Backend,
    private readonly agent: string,
  ) {}

  /** Looks at what stands before the caret. */
  typed(text: string, caret: number): void {
    const at = mentionAt(text, caret);
    if (at?.from === this.at?.from && at?.typed === this.at?.typed) return;
    const opens = this.at === null;
    this.at = at;
    this.cancel();
    if (!at) return;
    if (opens) {
      this.paths = [];
      this.stage = "loading";
    }
    const mine = this.asked;
    this.timer = setTimeout(() => void this.ask(at.typed, mine), SETTLED_MS);
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

  private async ask(typed: string, mine: number): Promise<void> {
    try {
      const paths = await this.backend.mentionable(this.agent, typed);
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
