import type { Alert } from "./alert.ts";
import type { Checkout } from "./checkout.ts";
import { dayInWords } from "./day.ts";
import type { SubscriptionId } from "./ids.ts";
import { formatMoney } from "./money.ts";
import type { ObservedInvoice, ObservedRefund, ObservedSubscription, SeenEvent } from "./observation.ts";
import type { Collection, Payment } from "./payment.ts";
import type { Policy } from "./policy.ts";
import type { Status } from "./status.ts";
import { isTerminal } from "./status.ts";
import type { Subscription } from "./subscription.ts";
import type { Instant } from "./time.ts";
import { DAY } from "./time.ts";

/** The keys hold what an alert is about, never when or in which turn it was raised (R6). */
const failedKey = (invoiceId: string, attempt: number): string => `payment_failed:${invoiceId}:${attempt}`;

export function checkoutStarted(checkout: Checkout, now: Instant): Alert {
  return {
    key: `checkout_started:${checkout.id}`,
    kind: "checkout_started",
    text: `Checkout of ${checkout.tier} started`,
    fields: { checkout: checkout.id, subscription: checkout.subscriptionId, tier: checkout.tier },
    superseded: false,
    at: now,
  };
}

/** Paid at our page, and a day after it was to close the provider shows no subscription for it. */
export function subscriptionUnseen(id: SubscriptionId, checkout: Checkout, now: Instant): readonly Alert[] {
  const closesAt = checkout.expiresAt ?? checkout.createdAt + DAY;
  if (checkout.state !== "complete" || now < closesAt + DAY) return [];
  return [
    {
      key: `subscription_unseen:${checkout.id}`,
      kind: "subscription_unseen",
      text: `A checkout of ${checkout.tier} is paid, and the provider shows no subscription`,
      fields: { subscription: id, checkout: checkout.id, tier: checkout.tier },
      superseded: false,
      at: now,
    },
  ];
}

/** Told of every one that ran; one that had ended before it was seen is over (R4). */
export function subscriptionStarted(
  id: SubscriptionId,
  subscription: Subscription,
  observed: ObservedSubscription,
  invoices: readonly ObservedInvoice[],
  now: Instant,
): readonly Alert[] {
  if (!hasRun(subscription.status, observed, invoices)) return [];
  const { status, terms } = subscription;
  return [
    {
      key: `subscription_started:${terms.providerSubscriptionId}`,
      kind: "subscription_started",
      text: `Subscription to ${terms.tier} started at ${formatMoney(terms.price)} a ${terms.interval}`,
      fields: { subscription: id, provider_subscription: terms.providerSubscriptionId, tier: terms.tier },
      superseded: isTerminal(status),
      at: now,
    },
  ];
}

/**
 * Whether it ever was more than a first payment that never came. Read from the truth alone, so that one seen only
 * after its end has the same alerts as one that was followed (R4): it had a trial, or an invoice was paid, be it of 0.
 */
function hasRun(
  status: Status,
  { trialEnd }: ObservedSubscription,
  invoices: readonly ObservedInvoice[],
): boolean {
  switch (status) {
    case "incomplete":
    case "incomplete_expired":
      return false;
    case "canceled":
      return (
        trialEnd !== null ||
        invoices.some((invoice) => invoice.state === "paid") ||
        invoices.every((invoice) => invoice.attempts === 0)
      );
    case "trialing":
    case "active":
    case "past_due":
    case "unpaid":
    case "paused":
      return true;
    default:
      return status satisfies never;
  }
}

export function subscriptionCanceled(
  id: SubscriptionId,
  subscription: Subscription,
  now: Instant,
): readonly Alert[] {
  if (subscription.status !== "canceled") return [];
  const { terms } = subscription;
  return [
    {
      key: `subscription_canceled:${terms.providerSubscriptionId}`,
      kind: "subscription_canceled",
      text: `Subscription to ${terms.tier} ended`,
      fields: { subscription: id, provider_subscription: terms.providerSubscriptionId, tier: terms.tier },
      superseded: false,
      at: now,
    },
  ];
}

/** One alert an attempt. All but the last attempt at a still unpaid invoice are over when they are seen (R4). */
export function paymentAlerts(
  id: SubscriptionId,
  { invoice, failedAttempts }: Collection,
  announced: readonly string[],
  now: Instant,
): readonly Alert[] {
  const unpaid = invoice.state === "open";
  const fields = {
    subscription: id,
    invoice: invoice.id,
    amount: invoice.due.amount,
    currency: invoice.due.currency,
  };
  const failures = Array.from({ length: failedAttempts }, (_, index): Alert => {
    const attempt = index + 1;
    return {
      key: failedKey(invoice.id, attempt),
      kind: "payment_failed",
      text: `Payment of ${formatMoney(invoice.due)} failed, attempt ${attempt}`,
      fields: { ...fields, attempt, next_attempt_at: invoice.nextAttemptAt },
      superseded: !unpaid || attempt < failedAttempts,
      at: now,
    };
  });
  if (failedAttempts === 0 || invoice.state !== "paid") return failures;
  const toldOf = failures.some((failure) => announced.includes(failure.key));
  return [
    ...failures,
    {
      key: `payment_recovered:${invoice.id}`,
      kind: "payment_recovered",
      text: `Payment of ${formatMoney(invoice.due)} recovered after ${failedAttempts} failed`,
      fields,
      // Nobody was told of the failure: the good news would only puzzle.
      superseded: !toldOf,
      at: now,
    },
  ];
}

export function refundRecorded(id: SubscriptionId, refund: ObservedRefund, now: Instant): Alert {
  return {
    key: `refund_recorded:${refund.id}`,
    kind: "refund_recorded",
    text: `Refund of ${formatMoney(refund.refunded)} recorded`,
    fields: { subscription: id, refund: refund.id, payment: refund.paymentId, ...refund.refunded },
    superseded: refund.status === "failed" || refund.status === "canceled",
    at: now,
  };
}

/** Told whenever it is so: who gave the money back thinks that the customer has it. */
export function refundFailed(id: SubscriptionId, refund: ObservedRefund, now: Instant): readonly Alert[] {
  if (refund.status !== "failed") return [];
  return [
    {
      key: `refund_failed:${refund.id}`,
      kind: "refund_failed",
      text: `Refund of ${formatMoney(refund.refunded)} failed: the customer has not got it`,
      fields: { subscription: id, refund: refund.id, payment: refund.paymentId, ...refund.refunded },
      superseded: false,
      at: now,
    },
  ];
}

export function eventParked(
  id: SubscriptionId | null,
  event: SeenEvent,
  reason: string,
  now: Instant,
): Alert {
  return {
    // Parked again after a replay: the operator who replayed it has to hear so.
    key: [
      `event_parked:${event.provider}:${event.id}`,
      ...(event.endedBefore ? [event.endedBefore + 1] : []),
    ].join(":"),
    kind: "event_parked",
    text: `Event ${event.id} (${event.type}) is parked: ${reason}`,
    fields: { subscription: id, provider: event.provider, event: event.id, type: event.type },
    superseded: false,
    at: now,
  };
}

export function commandRefused(id: SubscriptionId, commandId: string, what: string, now: Instant): Alert {
  return {
    key: `command_refused:${id}:${commandId}`,
    kind: "command_refused",
    text: `The provider refused a command for good: ${what}`,
    fields: { subscription: id, command: commandId },
    superseded: false,
    at: now,
  };
}

export function duplicateSubscription(
  id: SubscriptionId,
  subscription: Subscription,
  live: SubscriptionId,
  now: Instant,
): Alert {
  return {
    key: `duplicate_subscription:${subscription.terms.providerSubscriptionId}`,
    kind: "duplicate_subscription",
    text: `A customer pays for a second subscription (${subscription.terms.tier})`,
    fields: { subscription: id, live },
    superseded: false,
    at: now,
  };
}

/** R8: it is refunded, or kept, by the catalog's policy. */
export function latePayment(
  id: SubscriptionId,
  { id: paymentId, invoiceId, money }: Payment,
  { latePayments }: Policy,
  now: Instant,
): Alert {
  const then = latePayments === "refund" ? "it is refunded" : "it is kept: decide what becomes of it";
  return {
    key: `late_payment:${paymentId}`,
    kind: "late_payment",
    text: `${formatMoney(money)} came in after the end of the subscription: ${then}`,
    fields: { subscription: id, payment: paymentId, invoice: invoiceId, ...money },
    superseded: false,
    at: now,
  };
}

/** What we were to do by policy, and the provider refuses for good. */
export function callRefused(id: SubscriptionId, call: string, what: string, now: Instant): Alert {
  return {
    key: `call_refused:${call}`,
    kind: "call_refused",
    text: `The provider refuses what our policy asks for (${call}): ${what}`,
    fields: { subscription: id, call },
    superseded: false,
    at: now,
  };
}

/** Once for each period whose end has passed without the provider having gone on. */
export function renewalOverdue(id: SubscriptionId, subscription: Subscription, now: Instant): Alert {
  const { terms, period } = subscription;
  const isLast =
    "cancelAt" in subscription && subscription.cancelAt !== null && subscription.cancelAt <= period.end;
  return {
    key: `renewal_overdue:${terms.providerSubscriptionId}:${period.end}`,
    kind: "renewal_overdue",
    text: `Its period ended on ${dayInWords(period.end)}, and ${terms.provider} has not ${isLast ? "ended" : "renewed"} it`,
    fields: { subscription: id, provider_subscription: terms.providerSubscriptionId, period_end: period.end },
    superseded: false,
    at: now,
  };
}
