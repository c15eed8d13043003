/** Tells how a sign-in ended by a link, where nothing on the page waits for it any more. */
import { toast } from "svelte-sonner";
import type { Backend, Unsubscribe } from "../backend/backend";
import type { Accounts } from "./accounts.svelte";
import { showFault } from "./perform";

/** Begins to listen; returns what ends it. */
export function followSignIns(backend: Backend, accounts: Accounts): Unsubscribe {
  return backend.watchSignIns((ended) => {
    // Its other steps are told to whoever began it.
    if (ended.type !== "signedIn" && ended.type !== "failed") return;
    void accounts.look();
    if (ended.type === "failed") return showFault(ended.fault);
    const { login, host } = ended.account;
    toast.success(`Signed in as ${login} on ${host}`);
  });
}
