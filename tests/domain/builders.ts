import type { FinishedCall } from "../../domain/call.ts";
import type { Catalog, Tier } from "../../domain/catalog.ts";
import type { Checkout } from "../../domain/checkout.ts";
import type { Command } from "../../domain/command.ts";
import { checkoutId, subscriptionId } from "../../domain/ids.ts";
import type { Life, Turn } from "../../domain/life.ts";
import type {
  Observation,
  ObservedDispute,
  ObservedInvoice,
  ObservedPayment,
  ObservedRefund,
  ObservedSession,
  ObservedSubscription,
  SeenEvent,
} from "../../domain/observation.ts";
import type { Subscription, Terms } from "../../domain/subscription.ts";
import { DAY, HOUR } from "../../domain/time.ts";

/** Noon of 1 January 2026, when everything in these tests begins. */
export const START = Date.UTC(2026, 0, 1, 12);
export const MONTH = 31 * DAY;
export const GRACE_DAYS = 14;

export const OURS = subscriptionId("0190f000-0000-7000-8000-000000000001");
export const OTHER = subscriptionId("0190f000-0000-7000-8000-000000000002");

const tier = (name: string, current: string | null, legacy: readonly string[] = []): Tier => ({
  name,
  title: name,
  current: current === null ? [] : [{ provider: "stripe", interval: "month", id: current }],
  legacy: legacy.map((id) => ({ provider: "stripe", interval: "month", id })),
  features: [],
});

export const CATALOG: Catalog = {
  version: 3,
  tiers: [tier("starter", null), tier("pro", "price_pro", ["price_pro_2024"]), tier("scale", "price_scale")],
  policy: {
    dunning: {
      messages: [
        { day: 0, send: "payment_failed" },
        { day: 3, send: "reminder" },
        { day: 7, send: "final_notice" },
      ],
      end: { day: GRACE_DAYS, action: "cancel" },
    },
    trialReminderDays: 3,
    latePayments: "refund",
    duplicates: "cancel_and_refund",
  },
  checkout: { promotionCodes: false, automaticTax: false },
};

/** What Stripe says of a monthly subscription to Pro. */
export const observed = (change: Partial<ObservedSubscription> = {}): ObservedSubscription => ({
  provider: "stripe",
  id: "sub_1",
  customerId: "cus_1",
  status: "active",
  priceId: "price_pro",
  interval: "month",
  quantity: 1,
  price: { amount: 2_900, currency: "usd" },
  period: { start: START, end: START + MONTH },
  startedAt: START,
  trialEnd: null,
  cancelAt: null,
  canceledAt: null,
  endedAt: null,
  ...change,
});

export const paid = (id: string, amount = 2_900): ObservedPayment => ({
  id,
  state: "paid",
  paid: { amount, currency: "usd" },
});

export const unpaid = (id: string, state: "open" | "canceled" = "open"): ObservedPayment => ({
  id,
  state,
  paid: { amount: 0, currency: "usd" },
});

/** An invoice of 29 USD that was paid at the first attempt. */
export const paidInvoice = (change: Partial<ObservedInvoice> = {}): ObservedInvoice => ({
  id: "in_1",
  state: "paid",
  due: { amount: 2_900, currency: "usd" },
  createdAt: START,
  paidAt: START,
  attempts: 1,
  nextAttemptAt: null,
  payments: [paid("pi_1")],
  ...change,
});

/** An invoice of 29 USD whose first attempt failed and that is tried again in three days. */
export const failedInvoice = (change: Partial<ObservedInvoice> = {}): ObservedInvoice => ({
  ...paidInvoice(),
  state: "open",
  paidAt: null,
  nextAttemptAt: START + 3 * DAY,
  payments: [unpaid("pi_1")],
  ...change,
});

export const refund = (change: Partial<ObservedRefund> = {}): ObservedRefund => ({
  id: "re_1",
  paymentId: "pi_1",
  status: "succeeded",
  refunded: { amount: 1_000, currency: "usd" },
  createdAt: START + DAY,
  ...change,
});

export const dispute = (change: Partial<ObservedDispute> = {}): ObservedDispute => ({
  id: "du_1",
  paymentId: "pi_1",
  status: "open",
  disputed: { amount: 2_900, currency: "usd" },
  createdAt: START + DAY,
  answerBy: START + 10 * DAY,
  ...change,
});

export const session = (state: ObservedSession["state"]): ObservedSession => ({
  id: "cs_1",
  state,
  expiresAt: START + DAY,
  subscriptionId: null,
});

export const event = (type: string, change: Partial<SeenEvent> = {}): SeenEvent => ({
  provider: "stripe",
  id: `evt_${type}`,
  type,
  ...change,
});

export const observation = (change: Partial<Observation> = {}): Observation => ({
  events: [],
  session: null,
  subscription: null,
  invoices: [],
  refunds: [],
  disputes: [],
  ...change,
});

export const checkout = (change: Partial<Checkout> = {}): Checkout => ({
  id: checkoutId("0190f000-0000-7000-8000-0000000000c1"),
  subscriptionId: OURS,
  provider: "stripe",
  tier: "pro",
  interval: "month",
  quantity: 1,
  priceId: "price_pro",
  state: "open",
  sessionId: "cs_1",
  expiresAt: START + DAY,
  createdAt: START,
  ...change,
});

export const command = (kind: Command["kind"], id = `cmd_${kind}`): Command => ({
  id,
  kind,
  askedBy: "maria",
  why: null,
});

export const canceling = (commandId: string, end: FinishedCall["end"]): FinishedCall => ({
  key: `stripe/cancel/sub_1/${commandId}`,
  commandId,
  operation: { name: "cancel_subscription", providerSubscriptionId: "sub_1" },
  end,
});

export const opening = (end: FinishedCall["end"]): FinishedCall => ({
  key: `stripe/checkout/${checkout().id}`,
  commandId: checkout().id,
  operation: { name: "open_checkout", checkoutId: checkout().id },
  end,
});

export const life = (change: Partial<Life> = {}): Life => ({
  id: OURS,
  checkout: null,
  subscription: null,
  payments: [],
  announced: [],
  needsAttention: null,
  ...change,
});

/** A turn an hour after the start, about a subscription that our own checkout opened. */
export const turn = (change: Partial<Turn> = {}): Turn => ({
  life: life({ checkout: checkout({ state: "complete" }) }),
  observation: observation(),
  commands: [],
  calls: [],
  catalog: CATALOG,
  now: START + HOUR,
  ...change,
});

const TERMS: Terms = {
  provider: "stripe",
  providerSubscriptionId: "sub_1",
  providerCustomerId: "cus_1",
  tier: "pro",
  priceId: "price_pro",
  interval: "month",
  quantity: 1,
  price: { amount: 2_900, currency: "usd" },
};

const BASE = {
  terms: TERMS,
  startedAt: START,
  since: START,
  period: { start: START, end: START + MONTH },
};

const RUNNING = { ...BASE, cancelAt: null, scheduled: null };
const OVERDUE = { unpaidSince: START, graceExtendedDays: null, nextAttemptAt: null };

/** One subscription in each status, as it is recorded. */
export const IN: { readonly [S in Subscription["status"]]: Extract<Subscription, { readonly status: S }> } = {
  incomplete: { ...BASE, status: "incomplete" },
  incomplete_expired: {
    ...BASE,
    status: "incomplete_expired",
    since: START + 23 * HOUR,
    endedAt: START + 23 * HOUR,
    canceledAt: null,
  },
  trialing: { ...RUNNING, status: "trialing", trialEnd: START + 7 * DAY },
  active: { ...RUNNING, status: "active" },
  past_due: {
    ...RUNNING,
    status: "past_due",
    ...OVERDUE,
    nextAttemptAt: START + 3 * DAY,
    graceUntil: START + GRACE_DAYS * DAY,
  },
  unpaid: { ...RUNNING, status: "unpaid", ...OVERDUE, graceUntil: START + GRACE_DAYS * DAY },
  paused: { ...RUNNING, status: "paused" },
  canceled: {
    ...BASE,
    status: "canceled",
    since: START + 10 * DAY,
    endedAt: START + 10 * DAY,
    canceledAt: START + 10 * DAY,
  },
};

/** The same subscription under another provider id, tier or start. */
export const withTerms = (
  subscription: Subscription,
  change: Partial<Terms>,
  startedAt = START,
): Subscription => ({
  ...subscription,
  startedAt,
  terms: { ...TERMS, ...change },
});
