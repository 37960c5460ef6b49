import type { Life, Turn } from "../../domain/life.ts";
import type { ObservedInvoice, ObservedSubscription } from "../../domain/observation.ts";
import { readSubscription } from "../../domain/observe-subscription.ts";
import { collections } from "../../domain/payment.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { life, observation, observed, turn } from "./builders.ts";

/** What was seen of a subscription, and what was known of it. */
export interface Given {
  readonly seen: Partial<ObservedSubscription>;
  readonly invoices?: readonly ObservedInvoice[];
  readonly life?: Partial<Life>;
  readonly now?: number;
}

/** The reading of it. */
export function read(given: Given) {
  const known: Turn = turn({
    observation: observation({ subscription: observed(given.seen), invoices: given.invoices ?? [] }),
    ...(given.life === undefined ? {} : { life: life(given.life) }),
    ...(given.now === undefined ? {} : { now: given.now }),
  });
  return readSubscription(observed(given.seen), collections(known.observation, known.life.payments), known);
}

/** @throws Error where it cannot be read */
export function subscriptionIn(given: Given): Subscription {
  const reading = read(given);
  if (reading.kind !== "read") throw new Error(reading.why);
  return reading.subscription;
}
