/** Puts a list in another order, also while one of its items is dragged. */

/** Returns the list with the item at `from` at `to`; where either is outside, the list as it was. */
export function moved<T>(items: readonly T[], from: number, to: number): T[] {
  const result = [...items];
  if (to < 0 || to >= items.length) return result;
  const [item] = result.splice(from, 1);
  if (item !== undefined) result.splice(to, 0, item);
  return result;
}

/** An item that is dragged, and the place that it is over. */
export type Drag = { from: number; to: number };

/** Returns the place of the row at the height `y`, above all the first and below all the last; `bottoms` are theirs. */
export function placeAt(bottoms: readonly number[], y: number): number {
  const place = bottoms.findIndex((bottom) => y < bottom);
  return place < 0 ? Math.max(bottoms.length - 1, 0) : place;
}

/** Tells on which side of the row at `index` the dragged item would come to lie; `null` where it is another row. */
export function markAt(drag: Drag | null, index: number): "above" | "below" | null {
  if (!drag || drag.to !== index || drag.from === index) return null;
  return drag.from < index ? "below" : "above";
}
