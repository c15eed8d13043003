/** What can be done about a sign-in that came to nothing, and which faults a sign-in would mend. */
import type { Fault, SignInOffer, SignInWay } from "../bindings";

/** Begin again in the same way, without the keychain, in one of two others, look at all ways, or change the app. */
export type Remedy = "again" | "unremembered" | "CODE" | "BROWSER" | "another" | "app";

const endedThere = new Set([
  "sign_in_denied",
  "sign_in_code_expired",
  "sign_in_state_used",
  "sign_in_state_expired",
  "sign_in_state_unknown",
  "sign_in_callback_malformed",
  "sign_in_browser_silent",
  "sign_in_again",
]);

/** What fails the same way each time. */
const pointless = new Set(["gh_missing", "sign_in_host_invalid", "sign_in_way_missing"]);

/** Where the keychain takes nothing, memory does. */
const ofKeychain = new Set([
  "keychain_unavailable",
  "keychain_locked",
  "keychain_timed_out",
  "keychain_refused",
  "secret_too_long",
]);

const ofApp = new Set(["sign_in_app_unknown", "sign_in_app_suspended", "sign_in_callback_address"]);

/** Returns what can be done now, what helps most first. */
export function remediesOf(fault: Fault, offer: SignInOffer | null): Remedy[] {
  const offered = (way: "CODE" | "BROWSER"): Remedy[] => (offer?.ways.includes(way) ? [way] : []);
  if (ofApp.has(fault.code)) return ["app", "another"];
  if (fault.code === "sign_in_device_flow_disabled") return [...offered("BROWSER"), "app", "another"];
  if (fault.code === "sign_in_listen") return [...offered("CODE"), "another"];
  if (ofKeychain.has(fault.code)) return ["again", "unremembered"];
  if (pointless.has(fault.code)) return ["another"];
  return ["again", "another"];
}

/** Names a remedy as its button does. */
export function remedyText(remedy: Remedy, fault: Fault): string {
  switch (remedy) {
    case "again":
      return endedThere.has(fault.code) ? "Begin again" : "Try again";
    case "unremembered":
      return "Sign in without remembering";
    case "CODE":
      return "Sign in with a code";
    case "BROWSER":
      return "Sign in in the browser";
    case "another":
      return "Sign in another way";
    case "app":
      return "Change the app";
  }
}

const signedOut = new Set([
  "account_lacks_scope",
  "account_lost",
  "forge_sign_in",
  "sign_in_again",
  "sign_in_kept_unreadable",
]);

/** Whether signing in is what would help. */
export function asksToSignIn(fault: Fault): boolean {
  return signedOut.has(fault.code);
}

/** Whether another account may reach a repository: what one may not see, GitHub calls missing. */
export function asksForAccount(fault: Fault): boolean {
  return asksToSignIn(fault) || fault.code === "repository_sign_in" || fault.code === "repository_not_found";
}

const words: Record<SignInWay, string> = {
  CODE: "signed in with a code",
  BROWSER: "signed in in the browser",
  TOKEN: "signed in with a token",
  GH: "uses the token of gh",
};

/** Says how an account was signed in. */
export function wayText(way: SignInWay): string {
  return words[way];
}
