import { DateTime } from "luxon";
import type { Price } from "./records.ts";

type Cycle = Pick<Price, "interval" | "interval_count">;

/**
 * The end of the n-th billing period counted from the anchor (n = 0 is the anchor itself). Counting from the
 * anchor and not from the last period keeps 31 January → 28 February → 31 March.
 */
function periodBoundary(anchor: number, cycle: Cycle, n: number): number {
  const count = cycle.interval_count * n;
  const length = { [`${cycle.interval}s`]: count };
  return Math.round(DateTime.fromSeconds(anchor, { zone: "utc" }).plus(length).toSeconds());
}

/** The first boundary after `time`. */
export function nextBoundary(anchor: number, cycle: Cycle, time: number): number {
  let n = 1;
  while (periodBoundary(anchor, cycle, n) <= time) n += 1;
  return periodBoundary(anchor, cycle, n);
}

/** Whether two prices bill in the same rhythm. */
export function sameCycle(a: Cycle, b: Cycle): boolean {
  return a.interval === b.interval && a.interval_count === b.interval_count;
}

export const hour = 3600;
export const day = 86_400;
