/**
 * Keeps the focus where somebody works. What has it may be removed, made anew, put elsewhere or disabled by what it did;
 * then a browser gives it to the page's body, from where no key leads on, and a dialog to the way to close it.
 *
 * A part of the page names in `data-rest`, by a selector, what in it takes the focus then: nothing that does harm, since
 * the key that was pressed may still be down.
 */

/** What stands in a row of its like: its neighbours take its place. */
const ITEM = "li, [role=row]";

/** Where something was taken out of the page. */
type Gap = { parent: Node; next: Node | null; previous: Node | null };

/** Begins to keep it, before any dialog is open; returns what ends it. */
export function keepFocus(): () => void {
  /** What has the focus, or had it last. */
  let held: HTMLElement | null = null;
  let gap: Gap | null = null;
  /** What was disabled while it had the focus, and gets it back unless somebody goes on meanwhile. */
  let waiting: HTMLElement | null = null;

  function onfocusin({ target }: FocusEvent) {
    held = target instanceof HTMLElement ? target : null;
    gap = waiting = null;
  }

  // Who points beside everything wants the focus nowhere.
  function onpointerup() {
    if (document.activeElement === document.body) held = null;
  }

  const oninput = () => (waiting = null);

  function follow({ removedNodes, target, nextSibling, previousSibling }: MutationRecord) {
    const lost = gap?.parent ?? held;
    if ([...removedNodes].some((node) => node.contains(lost)))
      gap = { parent: target, next: nextSibling, previous: previousSibling };
  }

  function onmutation(records: MutationRecord[]) {
    if (!held) return;
    records.forEach(follow);
    if (held.isConnected) gap = null;
    if (waiting && give(waiting)) return;
    if (!waiting?.isConnected) waiting = null;
    if (!isLost() || give(held)) return;
    const before = held;
    for (const rest of rests(before, gap))
      if (give(rest)) {
        if (before.isConnected) waiting = before;
        return;
      }
  }

  // Observers are told in the order in which they were made. A dialog's own, told later, finds the focus inside it.
  const observer = new MutationObserver(onmutation);
  observer.observe(document, { childList: true, subtree: true, attributeFilter: ["disabled"] });
  document.addEventListener("focusin", onfocusin);
  document.addEventListener("pointerup", onpointerup, true);
  document.addEventListener("input", oninput, true);
  return () => {
    observer.disconnect();
    document.removeEventListener("focusin", onfocusin);
    document.removeEventListener("pointerup", onpointerup, true);
    document.removeEventListener("input", oninput, true);
  };
}

/** Some browsers leave the focus with what is disabled, where it is as good as lost. */
function isLost(): boolean {
  const focused = document.activeElement;
  return !focused || focused === document.body || focused.matches(":disabled");
}

function give(element: HTMLElement): boolean {
  if (!element.isConnected || element.matches(":disabled")) return false;
  element.focus({ preventScroll: true });
  return document.activeElement === element;
}

/** What may take the focus of something, the nearest first. */
function* rests(lost: HTMLElement, gap: Gap | null): Generator<HTMLElement> {
  if (gap && lost.closest(ITEM)) {
    yield* beside(gap.next, "nextSibling");
    yield* beside(gap.previous, "previousSibling");
  } else if (gap && lost.dataset.testid) {
    // It was made anew.
    yield* all(gap.parent, `[data-testid="${CSS.escape(lost.dataset.testid)}"]`);
  }
  for (let part = gap ? gap.parent : lost.parentNode; part; part = part.parentNode) {
    yield* named(part);
    if (!(part instanceof HTMLElement) || !part.matches("[role=dialog]")) continue;
    yield part;
    return;
  }
  yield* named(document.querySelector("[data-rest]"));
}

function* beside(node: Node | null, way: "nextSibling" | "previousSibling"): Generator<HTMLElement> {
  for (; node; node = node[way]) if (node instanceof HTMLElement && node.matches(ITEM)) yield* named(node);
}

function* named(part: Node | null): Generator<HTMLElement> {
  if (part instanceof HTMLElement && part.dataset.rest) yield* all(part, part.dataset.rest);
}

const all = (part: Node, selector: string): readonly HTMLElement[] =>
  part instanceof HTMLElement ? [...part.querySelectorAll<HTMLElement>(selector)] : [];
