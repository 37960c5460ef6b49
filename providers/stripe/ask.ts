import type { Stripe } from "stripe";
import { ProviderError } from "../provider.ts";
import { toProviderError } from "./errors.ts";

/**
 * Sends one request to Stripe.
 * @throws ProviderError, and nothing else
 */
export type Ask = <T extends { readonly object: string }>(
  request: (stripe: Stripe) => Promise<T>,
) => Promise<T>;

/**
 * Begins an errand: all its requests, however many, are over within the limit, so that who waits can promise his
 * own. The SDK's time-out is for a silent connection only: not for one that is never made, nor for a trickle.
 * @param limitMs milliseconds
 */
export function beginErrand(stripe: Stripe, limitMs: number): Ask {
  const endsAt = performance.now() + limitMs;
  return async (request) => {
    try {
      const answer = await before(endsAt, () => request(stripe));
      // The SDK takes any JSON for a success that has no `error`, such as a proxy's own "bad gateway".
      if (typeof answer.object !== "string") throw new TypeError("the answer is no object of Stripe's");
      return answer;
    } catch (error) {
      throw toProviderError(error);
    }
  };
}

async function before<T>(endsAt: number, work: () => Promise<T>): Promise<T> {
  const leftMs = endsAt - performance.now();
  if (leftMs <= 0) throw tooLate();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(tooLate()), leftMs);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

const tooLate = (): ProviderError =>
  new ProviderError("stripe", "unavailable", "Stripe: no answer in time", { code: "ETIMEDOUT" });

/** "There is no such object" as null. */
export async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ProviderError && error.kind === "not_found") return null;
    throw error;
  }
}
