/** Whether the log stays at its end, told from where it was and where it is now. */

export type Place = { offset: number; viewport: number; size: number };

/** Half a pixel is lost here and there where the window is scaled. */
const SLACK_PX = 2;

export function atEnd({ offset, viewport, size }: Place): boolean {
  return offset + viewport >= size - SLACK_PX;
}

/**
 * Decides after a movement. Reaching the end follows it, and moving back lets go of it, by whatever
 * means. Rows that turn out smaller than they were taken for also move the list back, with its size.
 */
export function follows(following: boolean, before: Place, after: Place): boolean {
  if (atEnd(after)) return following || after.offset > before.offset;
  const movedBack = after.offset < before.offset - SLACK_PX;
  return following && !(movedBack && after.size >= before.size - SLACK_PX);
}
