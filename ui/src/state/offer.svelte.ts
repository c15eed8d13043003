/** What a host offers to sign in with, asked for as its name is typed. */
import type { Fault, SignInOffer } from "../bindings";
import { type Backend, toFault } from "../backend/backend";

/** Long enough to finish typing a name. */
const SETTLED_MS = 400;

/** Reads a host as somebody may have copied it: with https:// before it, or a path behind it. */
export function hostOf(typed: string): string {
  return typed
    .trim()
    .replace(/^https?:\/\//i, "")
    .replace(/[/?#].*$/, "")
    .toLowerCase();
}

export class Offer {
  value = $state.raw<SignInOffer | null>(null);
  fault = $state.raw<Fault | null>(null);
  asking = $state(false);
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly backend: Backend) {}

  /** Asks once nobody types any more; what another host offers is forgotten at once. */
  typed(text: string): void {
    this.close();
    const host = hostOf(text);
    if (host === this.value?.host) return;
    this.value = null;
    this.fault = null;
    this.timer = setTimeout(() => void this.look(host), SETTLED_MS);
  }

  /** Asks at once, also for what is known already: an app may have been set. */
  async look(text: string): Promise<void> {
    this.close();
    const host = hostOf(text);
    const mine = this.asked;
    if (host !== this.value?.host) this.value = null;
    this.fault = null;
    if (!host) return;
    this.asking = true;
    try {
      const offer = await this.backend.signInOffer(host);
      if (mine === this.asked) this.value = offer;
    } catch (thrown) {
      if (mine === this.asked) this.fault = toFault(thrown);
    } finally {
      if (mine === this.asked) this.asking = false;
    }
  }

  /** Asks no more, and hears no answer. */
  close(): void {
    clearTimeout(this.timer);
    this.asked += 1;
    this.asking = false;
  }
}
