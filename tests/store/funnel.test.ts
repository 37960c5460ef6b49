import { afterAll, beforeAll, expect, test } from "vitest";
import type { Checkout, CheckoutState } from "../../domain/checkout.ts";
import { insertCheckout, saveCheckout } from "../../store/checkouts.ts";
import { checkoutFunnel } from "../../store/funnel.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import { checkout, expectRefusal, newCustomer } from "./rows.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

/** A checkout that goes through these states, one after the other. */
async function gone(through: readonly CheckoutState[], change: Partial<Checkout>): Promise<void> {
  const made = checkout(change);
  await insertCheckout(database.pool, made, await newCustomer(database.pool), null);
  const session = { id: `cs_${made.id}`, url: "https://checkout.stripe.com/c/pay/1" };
  for (const state of through) await saveCheckout(database.pool, { ...made, state }, 1, null, session);
}

const LAST_OF_OCTOBER = Date.UTC(2026, 9, 31, 23, 59, 59, 999);
const NOVEMBER = Date.UTC(2026, 10, 1);
const DECEMBER = Date.UTC(2026, 11, 1);
const NONE = { started: 0, open: 0, completed: 0, expired: 0, replaced: 0, refused: 0, revived: 0 };
const pro = { provider: "stripe", tier: "pro", interval: "month" };

test("the funnel counts each checkout in the month of its asking, by what became of it", async () => {
  await gone(["open"], { createdAt: LAST_OF_OCTOBER });
  const inNovember: readonly (readonly CheckoutState[])[] = [
    [],
    ["open"],
    ["open", "complete"],
    ["open", "complete"],
    ["open", "expired"],
    ["open", "expired"],
    ["open", "expired"],
    ["open", "replaced"],
    ["refused"],
    ["open", "expired", "complete"],
    ["open", "replaced", "complete"],
  ];
  for (const states of inNovember) await gone(states, { createdAt: NOVEMBER });
  await gone(["open", "complete"], { createdAt: DECEMBER - 1, tier: "scale" });
  await gone(["open", "complete"], { createdAt: DECEMBER - 1, tier: "scale", interval: "year" });
  await gone(["refused"], { createdAt: DECEMBER, provider: "razorpay" });

  const october = { month: "2026-10", ...pro, ...NONE, started: 1, open: 1 };
  const november = [
    {
      month: "2026-11",
      ...pro,
      started: 11,
      open: 2,
      completed: 4,
      expired: 3,
      replaced: 1,
      refused: 1,
      revived: 1,
    },
    { month: "2026-11", ...pro, tier: "scale", ...NONE, started: 1, completed: 1 },
    { month: "2026-11", ...pro, tier: "scale", interval: "year", ...NONE, started: 1, completed: 1 },
  ];
  const december = { month: "2026-12", ...pro, provider: "razorpay", ...NONE, started: 1, refused: 1 };
  const all = await checkoutFunnel(database.pool, null, null);
  expect(all).toEqual([october, ...november, december]);
  for (const { started, open, completed, expired, replaced, refused } of all) {
    expect(open + completed + expired + replaced + refused).toBe(started);
  }
  expect(await checkoutFunnel(database.pool, "2026-11", "2026-11")).toEqual(november);
  expect(await checkoutFunnel(database.pool, "2026-12", null)).toEqual([december]);
  expect(await checkoutFunnel(database.pool, null, "2026-10")).toEqual([october]);
  expect(await checkoutFunnel(database.pool, "2027-01", null)).toEqual([]);
});

test("that a checkout has expired is not forgotten", async () => {
  await gone(["open", "expired"], { createdAt: DECEMBER });
  await expectRefusal(
    database.pool.query("update checkouts set was_expired = false where state = 'expired'"),
    "expired_is_remembered",
  );
});
