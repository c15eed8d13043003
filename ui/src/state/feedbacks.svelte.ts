/** What came back for an agent's pull request, read again whenever the log says that it changed. */
import type { Fault, FeedbackItem } from "../bindings";
import { type Backend, toFault } from "../backend/backend";

export class Feedbacks {
  list = $state.raw<readonly FeedbackItem[]>([]);
  state = $state<"loading" | "ready" | "failed">("loading");
  /** Why it could not be read. */
  fault = $state.raw<Fault | null>(null);
  /** Why GitHub could not be asked; what is known stays. */
  trouble = $state.raw<Fault | null>(null);
  looking = $state(false);
  /** When GitHub last answered somebody here; it is asked by itself as well. */
  lookedAt = $state<number | null>(null);
  private asking = false;
  private again = false;

  constructor(
    private readonly backend: Backend,
    private readonly id: string,
  ) {}

  /** Reads what is known; a change meanwhile is read once more afterwards. */
  async refresh(): Promise<void> {
    this.again = true;
    if (this.asking) return;
    this.asking = true;
    while (this.again) {
      this.again = false;
      await this.read();
    }
    this.asking = false;
  }

  /** Takes it that the log says something new: GitHub was asked, so what was in the way of that is over. */
  async heard(): Promise<void> {
    this.trouble = null;
    await this.refresh();
  }

  /** Asks GitHub; what is new comes by the log, and is read here for whoever waits. */
  async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      await this.backend.lookForFeedback(this.id);
      this.trouble = null;
      this.lookedAt = Date.now();
      await this.refresh();
    } catch (thrown) {
      this.trouble = toFault(thrown);
    } finally {
      this.looking = false;
    }
  }

  private async read(): Promise<void> {
    try {
      this.list = await this.backend.feedback(this.id);
      this.state = "ready";
      this.fault = null;
    } catch (thrown) {
      this.fault = toFault(thrown);
      if (this.state === "loading") this.state = "failed";
    }
  }
}
