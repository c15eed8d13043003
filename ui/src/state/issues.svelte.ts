/** The open issues of a repository, searched as one types. */
import type { Fault, Issue } from "../bindings";
import { type Backend, toFault } from "../backend/backend";

/** Long enough not to ask GitHub for every letter. */
const TYPED_MS = 300;
/** Names of agents are no longer than that. */
const NAME_MOST = 100;

/** What an issue makes of a draft, for the user to read and change. */
export type FromIssue = { number: number; name: string; task: string; target: string };

export class Issues {
  /** None before the first answer. */
  all = $state.raw<readonly Issue[] | null>(null);
  fault = $state.raw<Fault | null>(null);
  asking = $state(false);
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly backend: Backend,
    private readonly repository: string,
  ) {}

  type(text: string): void {
    this.close();
    this.timer = setTimeout(() => void this.look(text), TYPED_MS);
  }

  async look(text: string): Promise<void> {
    this.close();
    const mine = this.asked;
    this.asking = true;
    try {
      const all = await this.backend.issues(this.repository, text.trim());
      if (mine !== this.asked) return;
      this.all = all;
      this.fault = null;
    } catch (thrown) {
      if (mine === this.asked) this.fault = toFault(thrown);
    } finally {
      if (mine === this.asked) this.asking = false;
    }
  }

  /** Words an issue as a task. */
  async take(issue: Issue): Promise<FromIssue> {
    const task = await this.backend.issueTask(this.repository, issue.number);
    const { number } = issue;
    return { number, name: nameOf(issue), task, target: `agent/issue-${number}` };
  }

  /** Asks no more, and hears no answer. */
  close(): void {
    clearTimeout(this.timer);
    this.asked += 1;
    this.asking = false;
  }
}

/** Names an agent by an issue's title, which anybody may have written. */
export function nameOf({ title, number }: Pick<Issue, "title" | "number">): string {
  const words = title.replace(/[\p{C}\s]+/gu, " ").trim();
  const characters = [...words];
  const name = characters.length > NAME_MOST ? `${characters.slice(0, NAME_MOST - 1).join("")}…` : words;
  return name || `Issue ${number}`;
}
