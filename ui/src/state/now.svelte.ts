/** The time that relative times on screen are counted from; it moves in steps, to keep the window still. */
const STEP_MS = 20_000;

class Now {
  ms = $state(Date.now());

  /** Keeps the time moving; returns what ends it. */
  open(): () => void {
    const timer = setInterval(() => (this.ms = Date.now()), STEP_MS);
    return () => clearInterval(timer);
  }
}

export const now = new Now();
