import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHECKOUT_STATES, type Checkout, NOTHING_OFFERED } from "../../domain/checkout.ts";
import type { CustomerId } from "../../domain/ids.ts";
import { DAY, MINUTE } from "../../domain/time.ts";
import {
  findCheckout,
  findCheckoutBySession,
  findCheckoutDeadline,
  findCheckoutOf,
  findOpenCheckout,
  insertCheckout,
  lockCheckoutOf,
  replaceCheckout,
  saveCheckout,
} from "../../store/checkouts.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import { checkout, expectRefusal, newCheckout, newCustomer, newSubscriptionId, START } from "./rows.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const page = () => ({ id: `cs_${randomUUID()}`, url: "https://checkout.stripe.com/c/pay/1" });

/** A checkout as it is when its page is open. */
async function opened(customer: CustomerId): Promise<{ made: Checkout; session: ReturnType<typeof page> }> {
  const made = await newCheckout(database.pool, customer);
  const session = page();
  const open = { ...made, state: "open" as const, expiresAt: START + DAY };
  await saveCheckout(database.pool, open, 1, START + DAY + MINUTE, session);
  return { made, session };
}

describe("a checkout", () => {
  it("is read as it was asked for, by each of its ids", async () => {
    const customerId = await newCustomer(database.pool);
    const made = await newCheckout(database.pool, customerId);
    const expected = { checkout: made, customerId, replaces: null, url: null, version: 0 };
    await expect(findCheckout(database.pool, made.id)).resolves.toEqual(expected);
    await expect(findCheckoutOf(database.pool, made.subscriptionId)).resolves.toEqual(expected);
    await expect(lockCheckoutOf(database.pool, made.subscriptionId)).resolves.toEqual(expected);
    await expect(findOpenCheckout(database.pool, customerId)).resolves.toEqual(expected);
    await expect(findCheckoutOf(database.pool, newSubscriptionId())).resolves.toBeUndefined();
  });

  it("R6: keeps what its page offers", async () => {
    const offered = { trialDays: 14, promotionCodes: true, automaticTax: true };
    const made = checkout({ offered });
    await insertCheckout(database.pool, made, await newCustomer(database.pool), null);
    await saveCheckout(database.pool, { ...made, offered: NOTHING_OFFERED }, 1, null, null);
    await expect(findCheckout(database.pool, made.id)).resolves.toMatchObject({ checkout: { offered } });
  });

  it("R7: is looked at after five minutes, should everybody who knows of it be gone", async () => {
    const made = await newCheckout(database.pool, await newCustomer(database.pool));
    await expect(findCheckoutDeadline(database.pool, made.subscriptionId)).resolves.toBe(START + 5 * MINUTE);
    await expect(findCheckoutDeadline(database.pool, newSubscriptionId())).resolves.toBeNull();
  });

  it("keeps its page and session through later turns", async () => {
    const customerId = await newCustomer(database.pool);
    const { made, session } = await opened(customerId);
    const complete = { ...made, state: "complete" as const, expiresAt: START + DAY };
    await saveCheckout(database.pool, complete, 2, null, null);
    const expected = {
      checkout: { ...complete, sessionId: session.id },
      customerId,
      replaces: null,
      url: session.url,
      version: 2,
    };
    await expect(findCheckoutBySession(database.pool, "stripe", session.id)).resolves.toEqual(expected);
    await expect(findCheckoutBySession(database.pool, "razorpay", session.id)).resolves.toBeUndefined();
    await expect(findOpenCheckout(database.pool, customerId)).resolves.toBeUndefined();
    await expect(findCheckoutDeadline(database.pool, made.subscriptionId)).resolves.toBeNull();
  });
});

describe("R9: one open checkout per customer", () => {
  it("a second one is refused while the first is opening or open", async () => {
    const opening = await newCustomer(database.pool);
    await newCheckout(database.pool, opening);
    await expectRefusal(newCheckout(database.pool, opening), "one_open_checkout");
    const open = await newCustomer(database.pool);
    await opened(open);
    await expectRefusal(newCheckout(database.pool, open), "one_open_checkout");
  });

  it("another takes its place; what is over is not replaced any more", async () => {
    const customer = await newCustomer(database.pool);
    const { made } = await opened(customer);
    await replaceCheckout(database.pool, made.id);
    const next = await newCheckout(database.pool, customer, made.id);
    await expect(findOpenCheckout(database.pool, customer)).resolves.toMatchObject({
      checkout: { id: next.id },
      replaces: made.id,
    });
    await expect(findCheckout(database.pool, made.id)).resolves.toMatchObject({
      checkout: { state: "replaced" },
    });
    await saveCheckout(database.pool, { ...next, state: "complete" }, 1, null, page());
    await replaceCheckout(database.pool, next.id);
    await expect(findCheckout(database.pool, next.id)).resolves.toMatchObject({
      checkout: { state: "complete" },
    });
  });

  it("one is replaced by one only", async () => {
    const customer = await newCustomer(database.pool);
    const { made } = await opened(customer);
    await replaceCheckout(database.pool, made.id);
    const next = await newCheckout(database.pool, customer, made.id);
    await replaceCheckout(database.pool, next.id);
    await expectRefusal(newCheckout(database.pool, customer, made.id), "checkouts_replaces_key");
  });

  it.each(CHECKOUT_STATES.filter((state) => state !== "opening" && state !== "open"))(
    "one that is %s leaves room for the next",
    async (state) => {
      const customer = await newCustomer(database.pool);
      const made = await newCheckout(database.pool, customer);
      await saveCheckout(database.pool, { ...made, state }, 1, null, null);
      await newCheckout(database.pool, customer);
    },
  );
});

describe("what no checkout can be", () => {
  it("open without a page to pay at", async () => {
    const made = await newCheckout(database.pool, await newCustomer(database.pool));
    await expectRefusal(
      saveCheckout(database.pool, { ...made, state: "open" }, 1, null, null),
      "open_has_its_page",
    );
  });

  it("two with one session, or one subscription", async () => {
    const { session } = await opened(await newCustomer(database.pool));
    const made = await newCheckout(database.pool, await newCustomer(database.pool));
    await expectRefusal(
      saveCheckout(database.pool, { ...made, state: "open" }, 1, null, session),
      "checkouts_provider_session_id_key",
    );
    const same = checkout({ subscriptionId: made.subscriptionId });
    await expectRefusal(
      insertCheckout(database.pool, same, await newCustomer(database.pool), null),
      "checkouts_subscription_id_key",
    );
  });

  it("of nobody, for nothing, or in a state that nobody knows", async () => {
    const nobody = insertCheckout(database.pool, checkout(), await gone(), null);
    await expectRefusal(nobody, "checkouts_customer_id_fkey");
    const customer = await newCustomer(database.pool);
    await expectRefusal(
      insertCheckout(database.pool, checkout({ quantity: 0 }), customer, null),
      "checkouts_quantity_check",
    );
    const { id } = await newCheckout(database.pool, customer);
    await expectRefusal(
      database.pool.query("update checkouts set state = 'paid' where id = $1", [id]),
      "checkouts_state_check",
    );
  });
});

async function gone(): Promise<CustomerId> {
  const id = await newCustomer(database.pool);
  await database.pool.query("delete from customers where id = $1", [id]);
  return id;
}
