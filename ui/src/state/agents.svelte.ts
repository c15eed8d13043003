/** Every agent, as the engine last told it. */
import type { Agent, EngineStatus, Fault } from "../bindings";
import type { Backend } from "../backend/backend";
import { toFault } from "../backend/backend";
import { Drafts } from "./drafts.svelte";
import type { Filter } from "./filter";
import { Outgoing } from "./outgoing";

/** How the list is looked at, which stays while an agent is open. */
export class ListView {
  search = $state("");
  filter = $state<Filter>("all");
  /** The agent whose row the keys move from. */
  active = $state<string | null>(null);
  /** How far it is scrolled, in pixels. */
  offset = 0;
}

export class Agents {
  all = $state.raw<readonly Agent[]>([]);
  state = $state<"loading" | "ready" | "failed">("loading");
  fault = $state.raw<Fault | null>(null);
  engine = $state.raw<EngineStatus | null>(null);
  /** Whether the container engine is being asked. */
  looking = $state(false);
  readonly view = new ListView();
  readonly drafts = new Drafts();
  // Nothing follows which there are, only what becomes of one.
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  private readonly sent = new Map<string, Outgoing>();
  private asked = 0;
  private end: () => void = () => {};

  constructor(private readonly backend: Backend) {}

  /** Begins to listen; returns what ends it. */
  open(): () => void {
    this.end();
    this.state = "loading";
    this.end = this.backend.watchAgents(
      (agents) => {
        this.all = agents;
        this.fault = null;
        this.state = "ready";
      },
      (fault) => {
        this.fault = fault;
        this.state = "failed";
      },
    );
    void this.look();
    return () => this.end();
  }

  /** What goes out from an agent. */
  outgoing(id: string): Outgoing {
    let outgoing = this.sent.get(id);
    if (!outgoing) this.sent.set(id, (outgoing = new Outgoing(this.backend, id, this.drafts.of(id))));
    return outgoing;
  }

  /** Asks again whether the container engine answers; `anew` where it is another than the one being asked. */
  async look(anew = false): Promise<void> {
    if (this.looking && !anew) return;
    const mine = (this.asked += 1);
    this.looking = true;
    const engine = await this.backend
      .engineStatus()
      .catch((thrown): EngineStatus => ({ state: "STOPPED", fault: toFault(thrown), version: null }));
    if (mine !== this.asked) return;
    this.engine = engine;
    this.looking = false;
  }
}
