/** What stands picked in the list of engines, as a radio button's value. */
import type { Engines } from "../../state/engines.svelte";

export const AUTOMATIC = "automatic";
export const ANOTHER = "another";

/** The value of an engine that is listed; no choice looks like one of the two above. */
export function valueOf(choice: string): string {
  return `engine ${choice}`;
}

/** The value of what is in use, none before that is known. */
export function current(engines: Engines): string | undefined {
  if (engines.choice === undefined) return undefined;
  return engines.choice === null ? AUTOMATIC : valueOf(engines.inUse?.choice ?? engines.choice);
}
