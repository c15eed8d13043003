/** What a form asks for is heard also where the form was left before the answer came. */
import { onDestroy } from "svelte";
import type { Fault } from "../bindings";
import { toFault } from "../backend/backend";
import { showFault } from "./perform";

export type Here = {
  /** Whether the form is still there. */
  readonly now: boolean;
  /** Waits for a request; says whether it went well and the form is still there to be closed. */
  ask(request: Promise<unknown>, shown: (fault: Fault) => void): Promise<boolean>;
  /** Shows a fault in the form, or beside everything else once the form is gone. */
  tell(fault: Fault, shown: (fault: Fault) => void): void;
};

/**
 * Belongs to the component that asks. That has to be one that goes when its dialog closes, so in the dialog and not
 * around it: a dialog that is opened again holds another form.
 */
export function useHere(): Here {
  let now = true;
  onDestroy(() => (now = false));
  const tell: Here["tell"] = (fault, shown) => (now ? shown : showFault)(fault);
  return {
    get now() {
      return now;
    },
    async ask(request, shown) {
      try {
        await request;
        return now;
      } catch (thrown) {
        tell(toFault(thrown), shown);
        return false;
      }
    },
    tell,
  };
}
