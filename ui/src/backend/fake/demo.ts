/** What the recording can be asked to play. */
import { cast, crowd, type Recorded } from "./cast";
import { stretched } from "./stretched";

/**
 * The usual recording, nothing, a broken engine, a crowd, a frozen moment, the same with texts that are as long as can
 * be, or a folder in use.
 */
export type Demo = "usual" | "empty" | "error" | "many" | "still" | "stretched" | "in-use";

const casts: Partial<Record<Demo, (now: number) => Recorded[]>> = { empty: () => [], many: crowd, stretched };

export const runsOf = (demo: Demo, now: number): Recorded[] => (casts[demo] ?? cast)(now);

/** Whether nothing happens but what is asked for. */
export const isStill = (demo: Demo): boolean => demo === "still" || demo === "stretched";
