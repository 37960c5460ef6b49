/** The sandbox's time: the real time plus an offset that only ever grows. */
export interface Clock {
  /** milliseconds since 1970 */
  now(): number;
  /** whole seconds since 1970, as Stripe stamps its objects */
  seconds(): number;
  /** milliseconds that this clock is ahead of the real time */
  offset(): number;
  /** Sets the clock ahead; refuses to go back. */
  moveTo(ms: number): void;
}

/** A clock over a stored offset, so that it survives a restart. */
export function createClock(stored: { offset_ms: number }): Clock {
  const now = (): number => Date.now() + stored.offset_ms;
  return {
    now,
    seconds: () => Math.floor(now() / 1000),
    offset: () => stored.offset_ms,
    moveTo(ms) {
      // a target in the current second is "now": the real clock ran on while the request travelled
      if (ms < now() - 2000) throw new RangeError("the sandbox's clock never goes back");
      stored.offset_ms = Math.max(stored.offset_ms, Math.round(ms - Date.now()));
    },
  };
}
