import type { SubscriptionId } from "../domain/ids.ts";
import { HOUR } from "../domain/time.ts";
import type { CallRequest, CallResult, PaymentProvider } from "../providers/provider.ts";
import { isCallResult, ProviderError } from "../providers/provider.ts";
import { attemptOf, beginAttempt, endCall, noteUnknown } from "../store/calls.ts";
import type { Pool } from "../store/pool.ts";

/** Providers keep a key's result for at least 24 h; one hour of safety. */
const KEY_LIVES_MS = 23 * HOUR;

/**
 * Makes one request of a provider happen once, over any number of crashes and time-outs (R6). The key and the exact
 * parameters are stored first. When an earlier attempt's outcome is unknown, the provider is read: what it has
 * done is taken as the answer. What it has provably not done is asked again under the same key while that can still
 * give a new answer, else under the next.
 * @param assertWanted throws where it is not to be asked any more; not called for what is done already
 * @throws ProviderError
 */
export async function carryOut(
  pool: Pool,
  provider: PaymentProvider,
  subscriptionId: SubscriptionId,
  key: string,
  request: CallRequest,
  assertWanted: () => void = () => undefined,
): Promise<CallResult> {
  const earlier = await attemptOf(pool, key, subscriptionId, provider.name);
  if (earlier.state === "done" && isCallResult(earlier.result)) return earlier.result;
  let { attempt } = earlier;
  let isNext = earlier.request === null;
  if (earlier.attemptedAt !== null) {
    const found = await provider.find(request, earlier.attemptedAt);
    if (found !== null) {
      await endCall(pool, key, { state: "done", result: found });
      return found;
    }
    isNext = earlier.spent || Date.now() - earlier.attemptedAt > KEY_LIVES_MS;
  }
  assertWanted();
  if (isNext) attempt += 1;
  // What an earlier try of this attempt has stored is sent, whatever would be sent today: same key, same body.
  const begun = await beginAttempt(pool, key, attempt, provider.parameters(request));
  if (begun === undefined) throw endedMeanwhile(provider);
  try {
    const result = await provider.call(request, begun.request, `${key}/${begun.attempt}`);
    await endCall(pool, key, { state: "done", result });
    return result;
  } catch (error) {
    if (error instanceof ProviderError) {
      // A stored answer, good or bad, would be given again for the same key: the next attempt needs another.
      const isSpent = error.replayed || error.kind !== "unavailable";
      await noteUnknown(pool, key, `${error.kind} ${error.code ?? ""}`.trim(), isSpent);
    }
    throw error;
  }
}

/** Its result is read at the next try. */
const endedMeanwhile = ({ name }: PaymentProvider): ProviderError =>
  new ProviderError(name, "unavailable", "the same call has just ended elsewhere", {
    code: "ended_meanwhile",
  });
