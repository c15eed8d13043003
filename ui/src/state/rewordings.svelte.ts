/** Queued instructions while they are reworded: the words stay until the change was made, or go back to the user. */
import { SvelteMap } from "svelte/reactivity";
import type { Fault, Instruction } from "../bindings";
import { toFault } from "../backend/backend";

type Edit = { text: string; before: string; saving: boolean };

export class Rewordings {
  private readonly edits = new SvelteMap<string, Edit>();

  /** The words as they are being changed; none where they are not. */
  of(id: string): string | null {
    return this.edits.get(id)?.text ?? null;
  }

  isSaving(id: string): boolean {
    return this.edits.get(id)?.saving ?? false;
  }

  begin({ id, text }: Instruction): void {
    this.edits.set(id, { text, before: text, saving: false });
  }

  write(id: string, text: string): void {
    const edit = this.edits.get(id);
    if (edit) this.edits.set(id, { ...edit, text });
  }

  drop(id: string): void {
    this.edits.delete(id);
  }

  /** Asks for the change; returns why it was refused, and then the words are still there. */
  async save(id: string, change: (words: string) => Promise<unknown>): Promise<Fault | null> {
    const edit = this.edits.get(id);
    if (!edit || edit.saving) return null;
    const words = edit.text.trim();
    if (!words || words === edit.before) {
      this.drop(id);
      return null;
    }
    this.edits.set(id, { ...edit, saving: true });
    try {
      await change(words);
      this.drop(id);
      return null;
    } catch (thrown) {
      if (this.edits.has(id)) this.edits.set(id, { ...edit, saving: false });
      return toFault(thrown);
    }
  }

  /** Takes the words of instructions that have left the queue, but for those whose change is being asked for. */
  left(queue: readonly Instruction[]): string[] {
    const waiting = queue.map(({ id }) => id);
    const gone = [...this.edits].filter(([id, edit]) => !edit.saving && !waiting.includes(id));
    for (const [id] of gone) this.drop(id);
    return gone
      .filter(([, { text, before }]) => text.trim() && text.trim() !== before)
      .map(([, { text }]) => text.trim());
  }
}
