/** A sign-in from its beginning to its end. It knows no account but the one that it led to. */
import type { Fault, LinkedAccount, SignInWay } from "../bindings";
import { type Backend, toFault, type Unsubscribe } from "../backend/backend";

export type Stage =
  | { type: "idle" }
  /** Asked for, and nothing was heard yet. */
  | { type: "begun" }
  | { type: "code"; userCode: string; address: string; expiresAt: number }
  | { type: "browser"; address: string; expiresAt: number }
  | { type: "failed"; fault: Fault }
  | { type: "done"; account: LinkedAccount };

export class SignIn {
  stage = $state.raw<Stage>({ type: "idle" });
  host = $state("");
  way = $state<SignInWay>("CODE");
  /** Whether it is to outlast the program; `null` leaves that to the engine. */
  remember = $state<boolean | null>(null);
  /** When GitHub, which did not answer, is asked again. */
  againAt = $state<number | null>(null);
  private end: Unsubscribe | null = null;
  private begun = 0;

  constructor(
    private readonly backend: Backend,
    private readonly done: (account: LinkedAccount) => void,
  ) {}

  /** Begins anew, whatever was under way. The token is handed over and not held. */
  begin(host: string, way: SignInWay, token: string | null, remember = this.remember): void {
    this.cancel();
    const mine = this.begun;
    this.host = host;
    this.way = way;
    this.remember = remember;
    this.stage = { type: "begun" };
    try {
      const end = this.backend.signIn(host, way, token, remember, (progress) => {
        // What was cancelled may still be on its way.
        if (mine !== this.begun) return;
        this.againAt = progress.type === "unreachable" ? Date.now() + progress.seconds * 1000 : null;
        if (progress.type === "unreachable") return;
        if (progress.type === "signedIn") {
          this.cancel();
          this.stage = { type: "done", account: progress.account };
          this.done(progress.account);
        } else this.stage = progress;
      });
      if (mine === this.begun) this.end = end;
      else end();
    } catch (thrown) {
      this.stage = { type: "failed", fault: toFault(thrown) };
    }
  }

  /** Ends what is under way; nothing of it is heard any more. */
  cancel(): void {
    this.begun += 1;
    this.end?.();
    this.end = null;
    this.againAt = null;
    this.stage = { type: "idle" };
  }
}
