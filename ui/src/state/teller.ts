/** Queues words and goes on with the instruction that they become, as soon as the queue shows it. */
import type { Instruction } from "../bindings";
import type { Backend } from "../backend/backend";
import { attempt } from "./perform";

type Next = (instruction: string, queue: readonly Instruction[]) => Promise<unknown>;
type Wanted = { text: string; known: ReadonlySet<string>; next: Next };

export class Teller {
  private wanted: Wanted[] = [];

  constructor(
    private readonly backend: Backend,
    private readonly agent: string,
  ) {}

  /** Queues the words, and `next` follows once they are there. Says whether they were taken. */
  async queue(text: string, queue: readonly Instruction[], next: Next): Promise<boolean> {
    const wanted = { text, known: new Set(queue.map(({ id }) => id)), next };
    this.wanted.push(wanted);
    const taken = await attempt(this.backend.instruct(this.agent, text));
    if (!taken) this.wanted = this.wanted.filter((each) => each !== wanted);
    return taken;
  }

  /** Lets the model hear the words at its next request; `then` follows once that is so. */
  now(
    text: string,
    queue: readonly Instruction[],
    then: () => Promise<unknown> = async () => undefined,
  ): Promise<boolean> {
    return this.queue(text, queue, async (id) => {
      if (await attempt(this.backend.sendNow(this.agent, id, false))) await then();
    });
  }

  /** Looks for the words in the queue as it stands now. */
  heard(queue: readonly Instruction[]): void {
    for (const wanted of this.wanted) {
      const item = queue.find(({ id, text }) => text === wanted.text && !wanted.known.has(id));
      if (!item) continue;
      this.wanted = this.wanted.filter((each) => each !== wanted);
      void wanted.next(item.id, queue);
    }
  }
}
