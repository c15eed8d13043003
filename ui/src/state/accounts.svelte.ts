/** The accounts that are signed in, as the engine last told them. How one signs in is in signIn.svelte.ts. */
import type { Fault, LinkedAccount } from "../bindings";
import { type Backend, toFault } from "../backend/backend";

/** The host that comes first, and that is meant where none is named. */
export const GITHUB = "github.com";

export class Accounts {
  all = $state.raw<readonly LinkedAccount[]>([]);
  state = $state<"loading" | "ready" | "failed">("loading");
  fault = $state.raw<Fault | null>(null);
  private asked = 0;

  constructor(private readonly backend: Backend) {}

  /** The accounts by their host, GitHub's own first. */
  readonly hosts = $derived.by(() => {
    const named = this.all.map((account) => account.host);
    const once = named.filter((host, at) => named.indexOf(host) === at);
    return once.toSorted(byHost).map((host) => ({
      host,
      accounts: this.all
        .filter((account) => account.host === host)
        .toSorted((a, b) => a.login.localeCompare(b.login, "en")),
    }));
  });

  /** The account that is used on each host. */
  readonly chosen = $derived(
    this.hosts.flatMap(({ accounts }) => accounts.filter((account) => account.chosen)),
  );

  /** Asks again; what is known stays until the answer comes. */
  async look(): Promise<void> {
    const mine = (this.asked += 1);
    try {
      const all = await this.backend.accounts();
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

  choose(key: string): Promise<Fault | null> {
    const host = this.all.find((account) => account.key === key)?.host;
    this.all = this.all.map((one) => (one.host === host ? { ...one, chosen: one.key === key } : one));
    return this.change(this.backend.chooseAccount(key));
  }

  setEmail(key: string, email: string): Promise<Fault | null> {
    this.all = this.all.map((one) => (one.key === key ? { ...one, email } : one));
    return this.change(this.backend.setCommitEmail(key, email));
  }

  signOut(key: string): Promise<Fault | null> {
    return this.change(this.backend.signOut(key));
  }

  /** Waits for a change, which is shown already, and looks at what came of it; returns why it was refused. */
  private async change(request: Promise<void>): Promise<Fault | null> {
    let refused: Fault | null = null;
    try {
      await request;
    } catch (thrown) {
      refused = toFault(thrown);
    }
    await this.look();
    return refused;
  }
}

function byHost(a: string, b: string): number {
  return Number(b === GITHUB) - Number(a === GITHUB) || a.localeCompare(b, "en");
}
