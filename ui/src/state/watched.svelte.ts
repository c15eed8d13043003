/** One agent, its log and what passes, kept up to date while its screen is open. */
import type { Agent, Fault, Update } from "../bindings";
import type { Backend } from "../backend/backend";
import { hear, nothingLive, settle } from "./live";
import { emptyLog, reduceAll } from "./reduce";

/** Updates within one frame are shown as one. */
const FRAME_MS = 16;

export class Watched {
  agent = $state.raw<Agent | null>(null);
  log = $state.raw(emptyLog);
  live = $state.raw(nothingLive);
  fault = $state.raw<Fault | null>(null);
  private end: () => void = () => {};
  private pending: Update[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly backend: Backend,
    readonly id: string,
  ) {}

  /** Begins to listen, from where the log that is known ends. */
  open(): void {
    this.close();
    this.fault = null;
    this.end = this.backend.watch(
      this.id,
      this.log.lastSeq,
      (update) => this.take(update),
      (fault) => (this.fault = fault),
    );
  }

  close(): void {
    this.end();
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.pending = [];
  }

  private take(update: Update): void {
    this.pending.push(update);
    this.timer ??= setTimeout(() => this.flush(), FRAME_MS);
  }

  private flush(): void {
    const updates = this.pending;
    this.pending = [];
    this.timer = null;
    const events = updates.flatMap((update) => (update.type === "events" ? update.events : []));
    if (events.length > 0) this.log = reduceAll(this.log, events);
    let live = this.live;
    for (const update of updates) {
      live = update.type === "events" ? settle(live, update.events) : hear(live, update.signal);
    }
    this.live = live;
    const last = updates.findLast((update) => update.type === "events");
    if (last) this.agent = last.agent;
  }
}
