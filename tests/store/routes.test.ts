import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { SubscriptionId } from "../../domain/ids.ts";
import { saveCheckout } from "../../store/checkouts.ts";
import { savePayment } from "../../store/payments.ts";
import type { NamedIds } from "../../store/routes.ts";
import { findRoute } from "../../store/routes.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import { newCheckout, newCustomer, newSubscription, newSubscriptionId, START } from "./rows.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const NOTHING: NamedIds = {
  reference: null,
  subscriptionId: null,
  sessionId: null,
  paymentId: null,
  invoiceId: null,
};
const route = (named: Partial<NamedIds>): Promise<SubscriptionId | undefined> =>
  findRoute(database.pool, "stripe", { ...NOTHING, ...named });

it("an event that names nothing of ours leads nowhere", async () => {
  await expect(route({})).resolves.toBeUndefined();
  await expect(
    route({ subscriptionId: "sub_x", sessionId: "cs_x", paymentId: "pi_x", invoiceId: "in_x" }),
  ).resolves.toBeUndefined();
});

it("our own id leads to what we know: a checkout, or a subscription", async () => {
  const unborn = await newCheckout(database.pool, await newCustomer(database.pool));
  await expect(route({ reference: unborn.subscriptionId })).resolves.toBe(unborn.subscriptionId);
  const { id } = await newSubscription(database.pool);
  await expect(route({ reference: id })).resolves.toBe(id);
});

it("text of strangers in the place of our id is no id, and no error", async () => {
  const { id, subscription } = await newSubscription(database.pool);
  for (const reference of [newSubscriptionId(), randomUUID().toUpperCase(), "'; drop table x", "\0", ""]) {
    const { providerSubscriptionId } = subscription.terms;
    await expect(route({ reference, subscriptionId: providerSubscriptionId })).resolves.toBe(id);
    await expect(route({ reference })).resolves.toBeUndefined();
  }
});

it("the provider's ids lead to it: subscription, session, payment, invoice", async () => {
  const { id, customerId, subscription } = await newSubscription(database.pool);
  await expect(route({ subscriptionId: subscription.terms.providerSubscriptionId })).resolves.toBe(id);
  const bought = await newCheckout(database.pool, customerId);
  await saveCheckout(database.pool, { ...bought, state: "open" }, 1, null, {
    id: "cs_1",
    url: "https://pay",
  });
  await expect(route({ sessionId: "cs_1" })).resolves.toBe(bought.subscriptionId);
  await savePayment(database.pool, "stripe", id, {
    id: "pi_1",
    invoiceId: "in_1",
    status: "succeeded",
    money: { amount: 2_900, currency: "usd" },
    failedAttempts: 0,
    paidAt: START,
  });
  await expect(route({ paymentId: "pi_1" })).resolves.toBe(id);
  await expect(route({ invoiceId: "in_1" })).resolves.toBe(id);
});

it("another provider's ids of the same name lead elsewhere", async () => {
  const { subscription } = await newSubscription(database.pool);
  const named = { ...NOTHING, subscriptionId: subscription.terms.providerSubscriptionId };
  await expect(findRoute(database.pool, "razorpay", named)).resolves.toBeUndefined();
});
