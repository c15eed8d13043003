/** A push from the click to its end. It outlives the dialog it was begun in: what is sent goes on without it. */
import { toast } from "svelte-sonner";
import type { Agent, Fault, PushWish } from "../bindings";
import { type Backend, toFault } from "../backend/backend";
import { showFault } from "./perform";
import type { Log } from "./reduce";

export class Pushing {
  /** Why the last step was refused, until another one is tried. */
  fault = $state.raw<Fault | null>(null);
  cancelling = $state(false);
  /** Whether somebody has the dialog before them; else a fault is shown wherever they are. */
  watched = false;
  /** Whether commits are being made and signed, before anything is sent. */
  private preparing = $state(false);
  /** The last event before the push that was asked for, until that push has ended. */
  private after = $state<number | null>(null);

  constructor(
    private readonly backend: Backend,
    private readonly id: string,
  ) {}

  readonly going = $derived(this.preparing || this.after !== null);

  /** Asks for a push, to another branch where one is named; says whether it is on its way. */
  async begin(lastSeq: number, wish: PushWish, branch?: string): Promise<boolean> {
    this.fault = null;
    this.preparing = true;
    try {
      if (branch !== undefined) await this.backend.setTargetBranch(this.id, branch);
      await this.backend.push(this.id, wish);
      this.after = lastSeq;
      return true;
    } catch (thrown) {
      this.refuse(toFault(thrown));
      return false;
    } finally {
      this.preparing = false;
    }
  }

  async cancel(): Promise<void> {
    this.cancelling = true;
    try {
      await this.backend.cancelPush(this.id);
    } catch (thrown) {
      const fault = toFault(thrown);
      // What has just ended by itself is told by the log.
      if (fault.code !== "wrong_status") this.refuse(fault);
    } finally {
      this.cancelling = false;
    }
  }

  /** Hears from the log how the push ended, once it has; an agent says of itself what was wrong. */
  heard(log: Log, agent: Agent): "pushed" | "failed" | null {
    if (this.after === null || log.pushEnded <= this.after) return null;
    this.after = null;
    if (agent.errorMessage === null) {
      toast(`Pushed to ${agent.targetBranch}`);
      return "pushed";
    }
    this.fault = { code: agent.errorCode ?? "", message: agent.errorMessage, hint: agent.errorHint };
    return "failed";
  }

  private refuse(fault: Fault): void {
    this.fault = fault;
    if (!this.watched) showFault(fault);
  }
}
