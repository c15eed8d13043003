/** Copies a text that the user asked to have. */
import { toast } from "svelte-sonner";

/** Copies, and says what came of it. */
export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(`Copied ${what}`);
  } catch {
    toast.error(`Could not copy ${what}.`, { description: "Select it and copy it by hand." });
  }
}
