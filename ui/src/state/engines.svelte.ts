/** The container engines that can be chosen, as they answered last. It does not say which of them is picked. */
import type { EngineOption, Fault } from "../bindings";
import type { Backend } from "../backend/backend";
import { toFault } from "../backend/backend";

export class Engines {
  /** What is chosen: an address or a context's name, none for the engine that is found; unknown at first. */
  choice = $state.raw<string | null | undefined>();
  /** Everything that was found, none before the first answer. */
  options = $state.raw<readonly EngineOption[] | null>(null);
  /** Whether the engines are being asked. */
  checking = $state(false);
  fault = $state.raw<Fault | null>(null);
  private asked = 0;

  constructor(private readonly backend: Backend) {}

  /** The option in use, where it is known. */
  readonly inUse = $derived(this.options?.find((option) => option.inUse) ?? null);

  /** What is found when nothing is chosen, which only shows while nothing is. */
  readonly automatic = $derived(this.choice === null ? this.inUse : null);

  /** The options with a name of their own, each once. */
  readonly listed = $derived.by(() => {
    const options = this.options ?? (this.choice ? [unknown(this.choice)] : []);
    return options.filter(
      (option, at) =>
        !(option === this.automatic && nameless(option)) &&
        options.findIndex((other) => other.choice === option.choice) === at,
    );
  });

  /** Reads what is chosen, which takes no time; where that fails, {@link look} tries again and says why. */
  async recall(): Promise<void> {
    this.choice = await this.backend.engineChoice().catch(() => undefined);
  }

  /** Asks every engine, which takes as long as the slowest. */
  async look(): Promise<void> {
    if (this.checking) return;
    const mine = (this.asked += 1);
    this.checking = true;
    this.fault = null;
    try {
      if (this.choice === undefined) this.choice = await this.backend.engineChoice();
      const options = await this.backend.engines();
      if (mine === this.asked) this.options = options;
    } catch (thrown) {
      if (mine === this.asked) this.fault = toFault(thrown);
    } finally {
      if (mine === this.asked) this.checking = false;
    }
  }

  /** Chooses an engine; returns why it was refused, and then nothing is changed. */
  async choose(choice: string | null): Promise<Fault | null> {
    try {
      await this.backend.chooseEngine(choice);
    } catch (thrown) {
      return toFault(thrown);
    }
    // What is still being asked was asked with the old choice.
    this.asked += 1;
    this.checking = false;
    this.choice = choice;
    this.options =
      this.options
        ?.map((option) => ({ ...option, inUse: option.choice === choice }))
        .filter((option) => !nameless(option)) ?? null;
    return null;
  }
}

/** Whether an option is only there because nothing that is listed is in use. */
function nameless(option: EngineOption): boolean {
  return option.name === "automatic" && option.choice !== option.name;
}

function unknown(choice: string): EngineOption {
  const rest = { product: null, version: null, rootless: false, unheldLimits: [], fault: null };
  return { name: choice, choice, address: null, inUse: true, ...rest };
}
