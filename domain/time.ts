/** A moment, in milliseconds since 1970 (UTC). Always passed in, never read from a clock here (R13). */
export type Instant = number;

const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A half-open stretch of time: from `start` up to, not including, `end`. */
export interface Period {
  readonly start: Instant;
  readonly end: Instant;
}
