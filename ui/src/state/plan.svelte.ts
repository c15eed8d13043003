/** What a push would do, asked for when the dialog opens and whenever something that it rests on changed. */
import type { Fault, PushPlan } from "../bindings";
import { type Backend, toFault } from "../backend/backend";
import type { Messages } from "./messages.svelte";

export class Plan {
  shown = $state.raw<PushPlan | null>(null);
  fault = $state.raw<Fault | null>(null);
  looking = $state(false);
  private asked = 0;

  constructor(
    private readonly backend: Backend,
    private readonly id: string,
    /** The messages of its commits as the user has them; another plan brings others. */
    readonly messages: Messages,
  ) {}

  /** Asks for a dialog that is opened: what was shown in an earlier one may be long ago. */
  async begin(): Promise<void> {
    this.shown = null;
    this.fault = null;
    await this.look();
  }

  /** Asks anew; what is shown stays until the answer comes, and only the last question is heard. */
  async look(): Promise<void> {
    const mine = (this.asked += 1);
    this.looking = true;
    try {
      const plan = await this.backend.pushPlan(this.id);
      if (mine !== this.asked) return;
      this.take(plan);
    } catch (thrown) {
      if (mine !== this.asked) return;
      this.fault = toFault(thrown);
    } finally {
      if (mine === this.asked) this.looking = false;
    }
  }

  private take(plan: PushPlan): void {
    this.messages.propose(plan.commits.map((commit) => commit.message));
    this.shown = plan;
    this.fault = null;
  }
}
