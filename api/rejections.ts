import type { Logger } from "pino";
import type { Provider } from "../domain/provider.ts";
import type { Rejection } from "../providers/provider.ts";
import { describeError } from "./describe-error.ts";

export interface RejectionsOptions {
  /** Writes down how many there were. */
  readonly record: (provider: Provider, reason: Rejection, count: number) => Promise<void>;
  readonly log: Logger;
  /** At most one flush in this time, in milliseconds. */
  readonly everyMs?: number;
  /** Calls back after so many milliseconds. */
  readonly setTimer?: (callBack: () => void, ms: number) => unknown;
}

export interface Rejections {
  /** Counts one webhook that was turned away. Costs nothing: nobody can flood the database with bad signatures. */
  count(provider: Provider, reason: Rejection): void;
}

/** Adds up rejected webhooks in memory and writes the sums. What could not be written is written with the next. */
export function createRejections(options: RejectionsOptions): Rejections {
  const { record, log, everyMs = 1_000, setTimer = setTimeout } = options;
  const counts = new Map<string, { provider: Provider; reason: Rejection; count: number }>();
  let isWaiting = false;

  const add = (provider: Provider, reason: Rejection, by: number): void => {
    const subject = `${provider}/${reason}`;
    const count = (counts.get(subject)?.count ?? 0) + by;
    counts.set(subject, { provider, reason, count });
    if (isWaiting) return;
    isWaiting = true;
    setTimer(() => void flush(), everyMs);
  };

  const flush = async (): Promise<void> => {
    const sums = [...counts.values()];
    counts.clear();
    const left: typeof sums = [];
    for (const sum of sums) {
      try {
        await record(sum.provider, sum.reason, sum.count);
      } catch (error) {
        left.push(sum);
        log.warn({ error: describeError(error) }, "rejected webhooks not counted yet");
      }
    }
    isWaiting = false;
    for (const { provider, reason, count } of left) add(provider, reason, count);
    // What came while the sums were written has no timer yet.
    const [next] = counts.values();
    if (next !== undefined) add(next.provider, next.reason, 0);
  };

  return { count: (provider, reason) => add(provider, reason, 1) };
}
