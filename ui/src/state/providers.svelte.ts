/** The providers that can be chosen, with their models and keys, as the engine last told them. */
import type { Fault, ProviderOption } from "../bindings";
import { type Backend, toFault } from "../backend/backend";

export class Providers {
  all = $state.raw<readonly ProviderOption[]>([]);
  state = $state<"loading" | "ready" | "failed">("loading");
  fault = $state.raw<Fault | null>(null);
  private asked = 0;

  constructor(private readonly backend: Backend) {}

  /** Asks again; what is known stays until the answer comes. */
  async look(): Promise<void> {
    const mine = (this.asked += 1);
    if (this.all.length === 0) this.state = "loading";
    try {
      const all = await this.backend.providers();
      if (mine !== this.asked) return;
      this.all = all;
      this.fault = null;
      this.state = "ready";
    } catch (thrown) {
      if (mine !== this.asked) return;
      this.fault = toFault(thrown);
      this.state = this.all.length > 0 ? "ready" : "failed";
    }
  }

  /** The first that can be used as it is, so that a form begins with something that works. */
  readonly usable = $derived(
    this.all.find((option) => option.key !== "MISSING" && !option.fault && option.models.length > 0) ??
      this.all[0],
  );
}
