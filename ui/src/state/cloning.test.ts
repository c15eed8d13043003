import { expect, test } from "vitest";
import type { ClonePhase } from "../bindings";
import { phaseText, rateText, receivedText } from "./cloning";
import { rate } from "./format";
import type { CloneProgress } from "./live";

const clone = (phase: ClonePhase, more: Partial<CloneProgress> = {}): CloneProgress => ({
  ...{ type: "cloneProgress", phase, received: 0, total: 0, kib: 0, bytesPerSecond: 0, againInS: 0 },
  ...more,
});
const words = (progress: CloneProgress | null) => [
  phaseText(progress),
  receivedText(progress),
  rateText(progress),
];

test("each part of a clone says what is going on and what has come", () => {
  const much = { received: 48_210, total: 112_904, kib: 21_344, bytesPerSecond: 1_310_000 };
  const phases = [
    null,
    clone("WAITING"),
    clone("CONNECTING"),
    clone("COUNTING"),
    clone("RECEIVING", much),
    clone("RECEIVING", { received: 7, kib: 3 }),
    clone("RESOLVING", { ...much, received: 9, total: 4012 }),
    clone("BROKEN", { ...much, againInS: 8 }),
    clone("BROKEN"),
  ];
  expect(phases.map(words)).toEqual([
    ["Connecting", "", ""],
    ["Waiting for another agent that fetches the same repository", "", ""],
    ["Asking the server for its branches", "", ""],
    ["The server counts what to send", "", ""],
    ["Receiving objects", "48,210 of 112,904 objects, 20.8 MiB", "1.3 MB/s"],
    ["Receiving objects", "7 of ? objects, 3 KiB", "0 B/s"],
    ["Resolving deltas", "9 of 4,012 objects, 20.8 MiB", ""],
    ["The connection broke; again in 8 s", "48,210 of 112,904 objects, 20.8 MiB", ""],
    ["The connection broke; again now", "", ""],
  ]);
});

test("a rate is as short as it stays readable", () => {
  expect([0, 999, 1000, 12_400, 999_499, 999_500, 1_310_000, 240_000_000].map(rate)).toEqual([
    ...["0 B/s", "999 B/s", "1 kB/s", "12 kB/s", "999 kB/s", "1.0 MB/s", "1.3 MB/s", "240.0 MB/s"],
  ]);
});
