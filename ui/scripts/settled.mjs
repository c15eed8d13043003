/** Tells when a page stands still, so that nothing has to be waited for by the clock. */

/** Timers that are longer are not part of drawing a screen: a toast's, or the next second's. */
const LONG_MS = 2000;

/**
 * Notes from the beginning of `page` what is still to come. Timers of `holdMs` and more never ring, for pictures
 * of something that is waited for.
 */
export async function observe(page, holdMs = Infinity) {
  await page.addInitScript(watch, { longMs: LONG_MS, holdMs: Math.min(holdMs, LONG_MS + 1) });
}

/** Waits until `page` is drawn, no timer of its is pending, and two frames in a row changed nothing. */
export async function settled(page) {
  await page.evaluate(() => globalThis.still.restart());
  await page.waitForFunction(() => globalThis.still.reached());
}

/** Runs in the page, before its own scripts. */
function watch({ longMs, holdMs }) {
  const { setTimeout: set, clearTimeout: clear } = window;
  const pending = new Set();
  window.setTimeout = (act, ms = 0, ...args) => {
    if (ms > longMs) return set(act, ms, ...args);
    if (ms >= holdMs) return 0;
    const timer = set(() => {
      pending.delete(timer);
      act(...args);
    }, ms);
    pending.add(timer);
    return timer;
  };
  window.clearTimeout = (timer) => {
    pending.delete(timer);
    clear(timer);
  };

  let frames = 0;
  const changed = () => (frames = 0);
  const everything = { subtree: true, childList: true, attributes: true, characterData: true };
  new MutationObserver(changed).observe(document, everything);
  addEventListener("scroll", changed, { capture: true, passive: true });
  globalThis.still = {
    restart: changed,
    /** Is asked once in each frame. */
    reached() {
      const drawn = document.querySelector("#app > *") && document.fonts.status === "loaded";
      frames = drawn && pending.size === 0 ? frames + 1 : 0;
      return frames > 2;
    },
  };
}
