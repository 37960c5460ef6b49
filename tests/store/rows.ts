import { randomUUID } from "node:crypto";
import { Pool } from "pg";
import { expect } from "vitest";
import type { Checkout } from "../../domain/checkout.ts";
import { NOTHING_OFFERED } from "../../domain/checkout.ts";
import type { CheckoutId, CustomerId, SubscriptionId } from "../../domain/ids.ts";
import { checkoutId, receipt, subscriptionId } from "../../domain/ids.ts";
import type { Subscription, Terms } from "../../domain/subscription.ts";
import { DAY } from "../../domain/time.ts";
import { insertCheckout } from "../../store/checkouts.ts";
import { lockCustomerByReceipt } from "../../store/customers.ts";
import type { NewEvent } from "../../store/events.ts";
import type { Db } from "../../store/pool.ts";
import type { SubscriptionRow } from "../../store/subscription-row.ts";
import { saveSubscription } from "../../store/subscriptions.ts";

/** Noon of 1 January 2026. */
export const START = Date.UTC(2026, 0, 1, 12);

export const newSubscriptionId = (): SubscriptionId => subscriptionId(randomUUID());

export const newCustomer = async (db: Db): Promise<CustomerId> =>
  (await lockCustomerByReceipt(db, receipt(`customer-${randomUUID()}`), null)).id;

export const checkout = (change: Partial<Checkout> = {}): Checkout => ({
  id: checkoutId(randomUUID()),
  subscriptionId: newSubscriptionId(),
  provider: "stripe",
  tier: "pro",
  interval: "month",
  quantity: 1,
  priceId: "price_pro_monthly",
  offered: NOTHING_OFFERED,
  state: "opening",
  sessionId: null,
  expiresAt: null,
  createdAt: START,
  ...change,
});

/** A checkout that a customer has just asked for. */
export async function newCheckout(
  db: Db,
  customer: CustomerId,
  replaces: CheckoutId | null = null,
): Promise<Checkout> {
  const made = checkout();
  await insertCheckout(db, made, customer, replaces);
  return made;
}

export const terms = (change: Partial<Terms> = {}): Terms => ({
  provider: "stripe",
  providerSubscriptionId: `sub_${randomUUID()}`,
  providerCustomerId: `cus_${randomUUID()}`,
  tier: "pro",
  priceId: "price_pro_monthly",
  interval: "month",
  quantity: 1,
  price: { amount: 2_900, currency: "usd" },
  ...change,
});

const began = { startedAt: START, since: START, period: { start: START, end: START + 31 * DAY } };

export const active = (change: Partial<Terms> = {}): Subscription => ({
  ...began,
  status: "active",
  terms: terms(change),
  cancelAt: null,
  scheduled: null,
});

export const canceled = (of: Subscription): Subscription => ({
  ...began,
  status: "canceled",
  terms: of.terms,
  since: START + DAY,
  endedAt: START + DAY,
  canceledAt: null,
});

/** A row as settle writes it at the birth of a subscription. */
export const row = (
  customerId: CustomerId,
  subscription: Subscription,
  change: Partial<SubscriptionRow> = {},
): SubscriptionRow => ({
  id: newSubscriptionId(),
  customerId,
  subscription,
  duplicateOf: null,
  needsAttention: null,
  nextDeadline: START + 31 * DAY,
  version: 1,
  ...change,
});

/** An active subscription of a new customer. */
export async function newSubscription(
  db: Db,
  change: Partial<SubscriptionRow> = {},
): Promise<SubscriptionRow> {
  const saved = row(change.customerId ?? (await newCustomer(db)), active(), change);
  await saveSubscription(db, saved);
  return saved;
}

export const event = (change: Partial<NewEvent> = {}): NewEvent => ({
  provider: "stripe",
  id: `evt_${randomUUID()}`,
  type: "invoice.paid",
  apiVersion: "2026-10-28.endive",
  livemode: false,
  payload: { object: "event" },
  subject: { invoiceId: "in_1" },
  ignoredBecause: null,
  ...change,
});

/** So many connections at once, each a session of Postgres of its own. */
export function crowd(url: string): Pool {
  const pool = new Pool({ connectionString: url, max: 50 });
  // Dropping the database may come before the last of them has closed.
  pool.on("error", () => undefined);
  return pool;
}

/** Does it so often at the same time. */
export const parallel = <T>(times: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: times }, (_, index) => work(index)));

/** Postgres refuses the statement by the constraint of this name. */
export const expectRefusal = (work: Promise<unknown>, constraint: string): Promise<void> =>
  expect(work).rejects.toMatchObject({ constraint });
