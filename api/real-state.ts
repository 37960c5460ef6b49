import { setTimeout as sleep } from "node:timers/promises";
import type { SubscriptionId } from "../domain/ids.ts";
import { isTerminal } from "../domain/status.ts";
import type { Subscription } from "../domain/subscription.ts";
import { findSubscription } from "../store/subscriptions.ts";
import type { AppDeps } from "./deps.ts";

const LOOK_EVERY_MS = 100;

/**
 * Has the provider looked at now, and waits a little for a subscription that has just been paid: for as long as
 * there is none, or its first payment is under way. Null: there is none yet.
 */
export async function realState(
  { pool, gateway }: Pick<AppDeps, "pool" | "gateway">,
  id: SubscriptionId,
  waitMs: number,
): Promise<Subscription | null> {
  const waitUntil = performance.now() + waitMs;
  let subscription = (await findSubscription(pool, id))?.subscription ?? null;
  if (subscription !== null && isTerminal(subscription.status)) return subscription;
  // Not waited for: Temporal may be away, and what we know is the answer all the same.
  gateway.wake(id);
  while ((subscription === null || subscription.status === "incomplete") && performance.now() < waitUntil) {
    await sleep(LOOK_EVERY_MS);
    subscription = (await findSubscription(pool, id))?.subscription ?? null;
  }
  return subscription;
}
