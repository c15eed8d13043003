/** The files that an agent changed, asked for again whenever a checkpoint was made. */
import type { Fault, FileChange } from "../bindings";
import { type Backend, toFault } from "../backend/backend";

export class Changes {
  list = $state.raw<readonly FileChange[]>([]);
  state = $state<"loading" | "ready" | "failed">("loading");
  fault = $state.raw<Fault | null>(null);
  /** Grows with every answer, so that an open diff knows to look whether its file is meant. */
  version = $state(0);
  private asking = false;
  private again = false;

  constructor(
    private readonly backend: Backend,
    private readonly id: string,
  ) {}

  /** Asks again; what is known stays until the answer comes. */
  async refresh(): Promise<void> {
    this.again = true;
    if (this.asking) return;
    this.asking = true;
    while (this.again) {
      this.again = false;
      await this.ask();
    }
    this.asking = false;
  }

  find(path: string | null): FileChange | undefined {
    return this.list.find((change) => change.path === path);
  }

  private async ask(): Promise<void> {
    try {
      this.list = await this.backend.changes(this.id);
      this.state = "ready";
      this.fault = null;
      this.version += 1;
    } catch (thrown) {
      this.fault = toFault(thrown);
      this.state = "failed";
    }
  }
}
