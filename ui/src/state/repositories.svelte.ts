/** The repositories that an account can reach, searched as one types. It does not say which one is taken. */
import { SvelteMap } from "svelte/reactivity";
import type { Fault, LinkedRepository, RepositoryList } from "../bindings";
import { type Backend, toFault } from "../backend/backend";

/** Long enough not to ask for every letter. */
const TYPED_MS = 120;
/** How often the list is read anew while GitHub's pages still come in. */
const READING_MS = 1000;
/** A share of the rate limit that is worth a word. */
const LOW = 0.1;

export class Repositories {
  found = $state.raw<RepositoryList | null>(null);
  fault = $state.raw<Fault | null>(null);
  asking = $state(false);
  /** The account that is asked; none for the one that is chosen. */
  account = $state<string | null>(null);
  private text = "";
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Everything that was listed once, so that what is typed by hand is known as well. */
  private readonly seen = new SvelteMap<string, LinkedRepository>();

  constructor(private readonly backend: Backend) {}

  readonly listed = $derived<readonly LinkedRepository[]>(this.found?.repositories ?? []);

  /** Whether nobody is signed in there; unknown, and so false, before the first answer. */
  readonly signedOut = $derived(this.found !== null && this.found.account === null);

  /** What is left of the rate limit, where that is little. */
  readonly low = $derived.by(() => {
    const rate = this.found?.rate;
    return rate && rate.remaining < rate.limit * LOW ? rate : null;
  });

  /** Searches once nobody types any more. */
  type(text: string): void {
    this.text = text;
    this.close();
    this.timer = setTimeout(() => void this.look(), TYPED_MS);
  }

  /** Asks another account; what the one before it reaches is forgotten. */
  async of(account: string | null): Promise<void> {
    this.account = account;
    this.found = null;
    this.seen.clear();
    await this.look();
  }

  /** Searches at once; what was found stays until the answer comes. */
  async look(text: string = this.text): Promise<void> {
    this.text = text;
    this.close();
    const mine = this.asked;
    this.asking = true;
    try {
      const found = await this.backend.repositories(this.account, this.text.trim());
      if (mine !== this.asked) return;
      this.found = found;
      this.fault = null;
      for (const one of found.repositories) this.seen.set(one.address.toLowerCase(), one);
      if (found.reading) this.timer = setTimeout(() => void this.look(), READING_MS);
    } catch (thrown) {
      if (mine !== this.asked) return;
      this.found = null;
      this.fault = toFault(thrown);
    } finally {
      if (mine === this.asked) this.asking = false;
    }
  }

  /** Finds a repository that was listed once by its address. */
  named(address: string): LinkedRepository | undefined {
    return this.seen.get(address.trim().toLowerCase());
  }

  /** Asks no more, and hears no answer. */
  close(): void {
    clearTimeout(this.timer);
    this.asked += 1;
    this.asking = false;
  }
}

/** Says why an agent cannot push to a repository; none where it can. */
export function unfit(repository: LinkedRepository): string | null {
  if (repository.archived) return "archived: takes no pushes";
  if (!repository.canPush) return "read only: you may not push";
  if (repository.defaultBranch === null) return "empty: nothing to work from";
  return null;
}
