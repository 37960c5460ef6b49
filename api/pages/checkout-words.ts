import type { Checkout } from "../../domain/checkout.ts";
import type { Subscription } from "../../domain/subscription.ts";

/** What a customer who comes back from paying is told: the state as it is. `tier` is the tier's title. */
export function wordsAfterPaying(
  tier: string,
  checkout: Pick<Checkout, "state">,
  subscription: Subscription | null,
): string {
  if (subscription === null) return wordsBeforeBirth(tier, checkout);
  switch (subscription.status) {
    case "active":
      return `Your subscription to ${tier} is active.`;
    case "trialing":
      return `Your trial of ${tier} has begun.`;
    case "incomplete":
      return `Your subscription to ${tier} waits for its first payment. This page can be reloaded.`;
    case "past_due":
      return `A payment for ${tier} has failed and is being tried again.`;
    case "unpaid":
      return `A payment for ${tier} has failed.`;
    case "paused":
      return `Your subscription to ${tier} is paused.`;
    case "canceled":
      return `Your subscription to ${tier} has ended.`;
    case "incomplete_expired":
      return `The first payment for ${tier} did not go through, and the subscription has ended.`;
    default:
      return subscription satisfies never;
  }
}

function wordsBeforeBirth(tier: string, { state }: Pick<Checkout, "state">): string {
  switch (state) {
    case "opening":
    case "open":
    case "complete":
      return `We have not heard from the payment provider about ${tier} yet. Nothing is lost; this page can be reloaded.`;
    case "expired":
    case "replaced":
    case "refused":
      return `This checkout of ${tier} is closed.`;
    default:
      return state satisfies never;
  }
}

/** What a customer who turned back before paying is told. */
export function wordsAfterCancel(tier: string, { state }: Pick<Checkout, "state">): string {
  switch (state) {
    case "opening":
    case "open":
      return `Nothing was charged. The checkout of ${tier} stays open; you can go back to it.`;
    case "complete":
      return `The checkout of ${tier} is complete already.`;
    case "expired":
    case "replaced":
    case "refused":
      return `Nothing was charged. The checkout of ${tier} is closed; a new one can be started.`;
    default:
      return state satisfies never;
  }
}
