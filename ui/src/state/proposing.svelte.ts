/**
 * A pull request from its proposal to its end. What the user writes of it, and what is sent, stay when the dialog or
 * the screen is left.
 */
import { toast } from "svelte-sonner";
import type { Fault, PullRequestDraft } from "../bindings";
import { type Backend, toFault } from "../backend/backend";
import { showFault } from "./perform";

export class Proposing {
  /** What the user made of the proposal; none before the first one. */
  written = $state<PullRequestDraft | null>(null);
  looking = $state(false);
  /** Why nothing can be proposed. */
  fault = $state.raw<Fault | null>(null);
  /** Whether it is being opened, and why that was refused. */
  busy = $state(false);
  refused = $state.raw<Fault | null>(null);
  /** How many were opened, so that a dialog notices the end of what another one began. */
  opened = $state(0);
  /** Whether somebody has the dialog before them; else a fault is shown wherever they are. */
  watched = false;
  private proposed: string | null = null;
  private asked = 0;

  constructor(
    private readonly backend: Backend,
    private readonly id: string,
  ) {}

  /** Asks what would be proposed now; what the user wrote stays as long as that is the same. */
  async look(): Promise<void> {
    const mine = (this.asked += 1);
    this.looking = true;
    this.fault = null;
    this.refused = null;
    try {
      const made = await this.backend.pullRequestDraft(this.id);
      if (mine === this.asked) this.propose(made);
    } catch (thrown) {
      if (mine === this.asked) this.fault = toFault(thrown);
    } finally {
      if (mine === this.asked) this.looking = false;
    }
  }

  async open(wanted: PullRequestDraft): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.refused = null;
    try {
      await this.backend.openPullRequest(this.id, { ...wanted });
      toast(wanted.draft ? "Opened a draft pull request" : "Opened a pull request");
      // The next one begins with what is proposed then.
      this.proposed = null;
      this.opened += 1;
    } catch (thrown) {
      this.refuse(toFault(thrown));
    } finally {
      this.busy = false;
    }
  }

  async cancel(): Promise<void> {
    try {
      await this.backend.cancelPush(this.id);
    } catch (thrown) {
      const fault = toFault(thrown);
      // What has just ended by itself is told where it began.
      if (fault.code !== "wrong_status") this.refuse(fault);
    }
  }

  private propose(made: PullRequestDraft): void {
    const proposed = JSON.stringify(made);
    if (proposed === this.proposed) return;
    this.proposed = proposed;
    this.written = { ...made };
  }

  private refuse(fault: Fault): void {
    this.refused = fault;
    if (!this.watched) showFault(fault);
  }
}
