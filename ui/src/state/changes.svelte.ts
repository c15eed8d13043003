/** The files that an agent changed, asked for again whenever a checkpoint was made. */
import type { Fault, FileChange } from "../bindings";
import { type Backend, toFault } from "../backend/backend";

export class Changes {
  list = $state.raw<readonly FileChange[]>([]);
  state = $state<"loading" | "ready" | "failed">("loading");
  fault = $state.raw<Fault | null>(null);
  /** Grows with every answer, so that an open diff knows to look again. */
  version = $state(0);
  private asked = 0;

  constructor(
    private readonly backend: Backend,
    private readonly id: string,
  ) {}

  async refresh(): Promise<void> {
    const asked = ++this.asked;
    try {
      const list = await this.backend.changes(this.id);
      // A later question makes this answer old.
      if (asked !== this.asked) return;
      this.list = list;
      this.state = "ready";
      this.version += 1;
    } catch (thrown) {
      if (asked !== this.asked) return;
      this.fault = toFault(thrown);
      this.state = "failed";
    }
  }
}
