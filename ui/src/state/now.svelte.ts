/** The time that times on screen are counted from. */

/** Ages move in steps, to keep the window still. */
const STEP_MS = 20_000;
const SECOND_MS = 1000;

class Now {
  ms = $state(Date.now());
  /** As `ms`, and moved each second for as long as someone has asked for it. */
  second = $state(Date.now());
  private counting = 0;
  private timer: ReturnType<typeof setInterval> | undefined;

  /** Keeps the time moving; returns what ends it. */
  open(): () => void {
    const timer = setInterval(() => (this.ms = Date.now()), STEP_MS);
    return () => clearInterval(timer);
  }

  /** Moves `second` while something runs; returns what ends it. */
  everySecond(): () => void {
    this.second = Date.now();
    this.counting += 1;
    this.timer ??= setInterval(() => (this.second = Date.now()), SECOND_MS);
    return () => {
      this.counting -= 1;
      if (this.counting > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
  }
}

export const now = new Now();
