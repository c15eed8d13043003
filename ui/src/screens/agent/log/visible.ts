/** Which rows of a log are on screen: turns that are closed hide theirs, and what is being said comes last. */
import type { Live, LiveCall } from "../../../state/live";
import type { Log, LogRow } from "../../../state/reduce";

export type Shown =
  LogRow | { key: "live"; type: "live"; text: string; reasoning: string; calls: readonly LiveCall[] };

export function visible(log: Log, live: Live, closed: ReadonlySet<string>): Shown[] {
  const rows: Shown[] = [];
  let hiding = false;
  for (const row of log.rows) {
    if (row.type === "turn") hiding = closed.has(row.instruction);
    if (row.type === "turn" || !hiding) rows.push(row);
  }
  if (live.asking && !hiding) {
    const { text, reasoning, calls } = live;
    rows.push({ key: "live", type: "live", text, reasoning, calls });
  }
  return rows;
}
