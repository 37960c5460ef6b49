import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Subscription } from "../../domain/subscription.ts";
import { DAY, MINUTE } from "../../domain/time.ts";
import { saveCheckout } from "../../store/checkouts.ts";
import type { SubscriptionRow } from "../../store/subscription-row.ts";
import {
  findSubscription,
  livesOverdue,
  livesWaiting,
  lockSubscription,
  saveSubscription,
  subscriptionByProviderId,
  subscriptionsOfCustomer,
} from "../../store/subscriptions.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import {
  active,
  canceled,
  expectRefusal,
  newCheckout,
  newCustomer,
  newSubscription,
  newSubscriptionId,
  row,
  START,
  terms,
} from "./rows.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const base = () => ({
  terms: terms(),
  startedAt: START,
  since: START + 1,
  period: { start: START, end: START + DAY },
});

const running = () => ({ ...base(), cancelAt: null, scheduled: null });
const overdue = { unpaidSince: START, graceExtendedDays: null, nextAttemptAt: null };

/** One of each variant, with every field that it has. */
const VARIANTS: readonly (() => Subscription)[] = [
  () => ({ ...base(), status: "incomplete" }),
  () => ({ ...running(), status: "trialing", trialEnd: START + 14 * DAY }),
  () => ({ ...running(), status: "active", cancelAt: START + 31 * DAY }),
  () => ({
    ...running(),
    scheduled: { at: START + DAY, tier: "scale", priceId: "price_scale", interval: "year", quantity: 2 },
    status: "active",
  }),
  () => ({ ...running(), status: "past_due", ...overdue, graceUntil: START + 14 * DAY }),
  () => ({
    ...running(),
    status: "past_due",
    unpaidSince: START + DAY,
    graceExtendedDays: 5,
    nextAttemptAt: START + 3 * DAY,
    graceUntil: START + 20 * DAY,
  }),
  () => ({ ...running(), cancelAt: START + DAY, status: "unpaid", ...overdue, graceUntil: START + 14 * DAY }),
  () => ({ ...running(), status: "paused" }),
  () => ({ ...base(), status: "canceled", endedAt: START + 2 * DAY, canceledAt: START + DAY }),
  () => ({ ...base(), status: "incomplete_expired", endedAt: START + DAY, canceledAt: null }),
];

describe("a subscription", () => {
  it.each(VARIANTS.map((make) => [make().status, make] as const))(
    "that is %s is read as it was written",
    async (_status, make) => {
      const saved = row(await newCustomer(database.pool), make(), {
        needsAttention: "look",
        nextDeadline: null,
      });
      await saveSubscription(database.pool, saved);
      await expect(findSubscription(database.pool, saved.id)).resolves.toEqual(saved);
      await expect(lockSubscription(database.pool, saved.id)).resolves.toEqual(saved);
    },
  );

  it("of Razorpay is read as it was written, and found by its own id only", async () => {
    const id = `sub_${randomUUID()}`;
    const saved = await newSubscription(database.pool, {
      subscription: active({ provider: "razorpay", providerSubscriptionId: id }),
    });
    await expect(findSubscription(database.pool, saved.id)).resolves.toEqual(saved);
    await expect(subscriptionByProviderId(database.pool, "razorpay", id)).resolves.toBe(saved.id);
    await expect(subscriptionByProviderId(database.pool, "stripe", id)).resolves.toBeUndefined();
  });

  it("is not there under an unknown id", async () => {
    await expect(findSubscription(database.pool, newSubscriptionId())).resolves.toBeUndefined();
    await expect(lockSubscription(database.pool, newSubscriptionId())).resolves.toBeUndefined();
  });

  it("takes over what a later turn says and leaves nothing of the state before", async () => {
    const first = await newSubscription(database.pool, { subscription: VARIANTS[3]?.() ?? active() });
    const { terms: same } = first.subscription;
    const later = { ...first, subscription: { ...active(), terms: same }, version: 2, nextDeadline: null };
    await saveSubscription(database.pool, later);
    await expect(findSubscription(database.pool, first.id)).resolves.toEqual(later);
    const { rows } = await database.pool.query("select grace_until from subscriptions where id = $1", [
      first.id,
    ]);
    expect(rows).toEqual([{ grace_until: null }]);
  });
});

describe("what is never written over", () => {
  it("R5: a later version", async () => {
    const saved = await newSubscription(database.pool, { version: 3 });
    await expect(saveSubscription(database.pool, { ...saved, version: 2 })).rejects.toThrow("later version");
    await saveSubscription(database.pool, { ...saved, version: 3, needsAttention: "same turn" });
    await expect(findSubscription(database.pool, saved.id)).resolves.toMatchObject({
      version: 3,
      needsAttention: "same turn",
    });
  });

  it("R8: an end", async () => {
    const { id, customerId, subscription } = await newSubscription(database.pool);
    const end = row(customerId, canceled(subscription), { id, version: 2, nextDeadline: null });
    await saveSubscription(database.pool, end);
    await expect(
      saveSubscription(database.pool, row(customerId, subscription, { id, version: 3 })),
    ).rejects.toThrow("has ended");
    await saveSubscription(database.pool, { ...end, version: 3 });
    await expect(findSubscription(database.pool, id)).resolves.toEqual({ ...end, version: 3 });
  });

  it("whose it is", async () => {
    const saved = await newSubscription(database.pool);
    await saveSubscription(database.pool, { ...saved, customerId: await newCustomer(database.pool) });
    await expect(findSubscription(database.pool, saved.id)).resolves.toMatchObject({
      customerId: saved.customerId,
    });
  });
});

const change = async (statement: string): Promise<void> => {
  const { id } = await newSubscription(database.pool);
  await database.pool.query(`update subscriptions set ${statement} where id = $1`, [id]);
};

describe("what no subscription can be", () => {
  it.each([
    ["of two providers", "razorpay_subscription_id = 'sub_2'", "one_provider_id"],
    ["of none", "stripe_subscription_id = null", "one_provider_id"],
    ["of the other one", "provider = 'razorpay'", "one_provider_id"],
    ["nobody's at the provider", "stripe_customer_id = null", "one_provider_id"],
    ["trialing without an end of the trial", "status = 'trialing'", "status_has_its_times"],
    ["past due without a grace", "status = 'past_due'", "status_has_its_times"],
    ["over without a time of it", "status = 'canceled'", "status_has_its_times"],
    ["going on after its end", "ended_at = now()", "status_has_its_times"],
    ["in a state that nobody knows", "status = 'lapsed'", "subscriptions_status_check"],
    ["a duplicate of itself", "duplicate_of = id", "no_duplicate_of_itself"],
    ["without a version", "version = 0", "subscriptions_version_check"],
  ])("%s", async (_what, statement, constraint) => {
    await expectRefusal(change(statement), constraint);
  });

  it("R9: the duplicate of another customer's", async () => {
    const other = await newSubscription(database.pool);
    const saved = await newSubscription(database.pool);
    await expectRefusal(
      saveSubscription(database.pool, { ...saved, duplicateOf: other.id }),
      "subscriptions_duplicate_of_customer_id_fkey",
    );
  });

  it("two of ours that are one at the provider", async () => {
    const { subscription } = await newSubscription(database.pool);
    await expectRefusal(
      newSubscription(database.pool, { subscription }),
      "subscriptions_stripe_subscription_id_key",
    );
  });
});

const byId = (a: SubscriptionRow, b: SubscriptionRow): number => (a.id < b.id ? -1 : 1);

it("R9: a customer's subscriptions are all of them, and nobody else's", async () => {
  const first = await newSubscription(database.pool);
  const second = await newSubscription(database.pool, {
    customerId: first.customerId,
    duplicateOf: first.id,
  });
  await newSubscription(database.pool);
  const found = await subscriptionsOfCustomer(database.pool, first.customerId);
  expect(found).toEqual([first, second].toSorted(byId));
});

describe("for the sweep and the clock", () => {
  it("R7: overdue is every life, born or not, whose deadline has passed; the longest first", async () => {
    const own = await createDatabase();
    const { pool } = own;
    const late = await newSubscription(pool, { nextDeadline: START - 2 * MINUTE });
    const later = await newSubscription(pool, { nextDeadline: START + 7 * MINUTE });
    await newSubscription(pool, { nextDeadline: START + 9 * MINUTE });
    await newSubscription(pool, { nextDeadline: null });
    // Its deadline is five minutes after START.
    const unborn = await newCheckout(pool, await newCustomer(pool));
    const over = await newCheckout(pool, await newCustomer(pool));
    await saveCheckout(pool, { ...over, state: "expired" }, 1, null, null);

    await expect(livesOverdue(pool, START + 8 * MINUTE, 10)).resolves.toEqual([
      late.id,
      unborn.subscriptionId,
      later.id,
    ]);
    await expect(livesOverdue(pool, START + 8 * MINUTE, 2)).resolves.toEqual([
      late.id,
      unborn.subscriptionId,
    ]);
    // A deadline that is now has not passed.
    await expect(livesOverdue(pool, START - 2 * MINUTE, 10)).resolves.toEqual([]);
    await expect(livesWaiting(pool)).resolves.toHaveLength(4);
    await own.drop();
  });
});
