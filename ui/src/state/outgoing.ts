/** What goes out from one agent: its push and its pull request. Both outlive the screen that they were begun on. */
import type { Backend } from "../backend/backend";
import type { AgentDraft } from "./drafts.svelte";
import { Plan } from "./plan.svelte";
import { Proposing } from "./proposing.svelte";
import { Pushing } from "./pushing.svelte";

export class Outgoing {
  readonly plan: Plan;
  readonly pushing: Pushing;
  readonly proposing: Proposing;

  constructor(backend: Backend, id: string, { messages }: AgentDraft) {
    this.plan = new Plan(backend, id, messages);
    this.pushing = new Pushing(backend, id);
    this.proposing = new Proposing(backend, id);
  }
}
