import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { STRIPE_EVENTS } from "../../providers/stripe/interest.ts";
import { object, event as recorded } from "../providers/stripe-fixtures.ts";
import { control, reaches } from "../setup/customer.ts";
import { DECLINES, failUpgrade, openPage, refund } from "../setup/customer-acts.ts";
import { booksOf, stripe } from "../setup/sandbox-account.ts";
import { type System, startSystem } from "../setup/system.ts";
import { createReader } from "./every-event-rows.ts";
import { type Bought, Teller } from "./every-event-told.ts";

let system: System;
let teller: Teller;
let read: ReturnType<typeof createReader>;
beforeAll(async () => {
  system = await startSystem();
  teller = new Teller(system);
  read = createReader(system);
  await control(system, "POST", "/knobs", { delivery: { hold: true } });
});
afterAll(() => system.stop());

const Subscription = z.looseObject({
  items: z.object({ data: z.tuple([z.object({ id: z.string() })]) }),
});
const shown = async ({ provider }: Bought) =>
  Subscription.parse(await stripe(system, "GET", `/v1/subscriptions/${provider}`));

/** Somebody changes it in the dashboard. */
const changed = ({ provider }: Bought, parameters: Readonly<Record<string, string>>): Promise<unknown> =>
  stripe(system, "POST", `/v1/subscriptions/${provider}`, parameters);

/** Another price of it, paid at once or not at all. */
async function moved(bought: Bought, parameters: Readonly<Record<string, string>> = {}): Promise<void> {
  await changed(bought, {
    "items[0][id]": (await shown(bought)).items.data[0].id,
    "items[0][price]": "price_scale_monthly",
    proration_behavior: "always_invoice",
    ...parameters,
  });
}

async function openInvoiceOf({ provider }: Bought): Promise<string> {
  const book = (await booksOf(system)).subscriptions.find((each) => each.id === provider);
  return book?.invoices.find(({ status }) => status === "open")?.id ?? "";
}

const dispute = async ({ charge }: Bought): Promise<string> =>
  z.object({ dispute: z.string() }).parse(await control(system, "POST", `/charges/${charge}/dispute`))
    .dispute;
const close = (id: string, won: boolean) => control(system, "POST", `/disputes/${id}/close`, { won });

const STARTED = ["checkout_started", "subscription_started"];
const PAID = { status: "succeeded", amount: 2_900 };

describe.concurrent("R4: each event alone shows what has happened", () => {
  test.each([
    "checkout.session.completed",
    "customer.subscription.created",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice_payment.paid",
  ])("%s: a purchase is active, paid once and told once", async (type) => {
    const one = await teller.buysUnheard(`bought-${type}`);
    expect(await read.rowOf(one)).toEqual({ status: "unborn" });
    await teller.hears(type, type === "invoice_payment.paid" ? one.invoice : one.provider);
    expect(await read.rowOf(one)).toMatchObject({ status: "active", tier: "pro", ended_at: null });
    expect(await read.paymentsOf(one)).toEqual([PAID]);
    expect(await read.toldOf(one)).toEqual(STARTED);
  });

  test("checkout.session.expired: the page is closed, and there is no subscription", async () => {
    const { id, checkout, session } = await openPage(system, "expires");
    await stripe(system, "POST", `/v1/checkout/sessions/${session}/expire`);
    await teller.hears("checkout.session.expired", session);
    expect(await read.rows("select state from checkouts where id = $1", checkout)).toEqual([
      { state: "expired" },
    ]);
    expect(await read.rowOf({ id })).toEqual({ status: "unborn" });
  });

  test("customer.subscription.updated: the portal's cancel, which sets cancel_at; customer.subscription.deleted: the end", async () => {
    const one = await teller.buys("cancels");
    await changed(one, { cancel_at: "min_period_end" });
    expect(await shown(one)).toMatchObject({ cancel_at_period_end: false });
    await teller.hears("customer.subscription.updated", one.provider);
    const { cancel_at, current_period_end, status } = await read.rowOf(one);
    expect({ status, cancel_at }).toEqual({ status: "active", cancel_at: current_period_end });

    await stripe(system, "DELETE", `/v1/subscriptions/${one.provider}`);
    await teller.hears("customer.subscription.deleted", one.provider);
    expect(await read.rowOf(one)).toMatchObject({ status: "canceled", ended_at: expect.any(Number) });
    expect(await read.toldOf(one)).toEqual([
      "checkout_started",
      "subscription_canceled",
      "subscription_started",
    ]);
  });

  test("customer.subscription.paused: nothing is collected; customer.subscription.resumed: it goes on", async () => {
    const one = await teller.buys("pauses");
    await changed(one, { "pause_collection[behavior]": "void" });
    await teller.hearsOf("customer.subscription.paused", await shown(one));
    expect(await read.rowOf(one)).toMatchObject({ status: "paused" });
    await changed(one, { pause_collection: "" });
    await teller.hearsOf("customer.subscription.resumed", await shown(one));
    expect(await read.rowOf(one)).toMatchObject({ status: "active" });
  });

  test("customer.subscription.trial_will_end: customer and operators are told", async () => {
    const one = await teller.buys("tries");
    // Earlier than our own reminder would come.
    const end = Math.floor(Date.now() / 1_000) + 5 * 86_400;
    await changed(one, { trial_end: `${end}` });
    await teller.hearsOf("customer.subscription.trial_will_end", await shown(one));
    expect(await read.rowOf(one)).toMatchObject({ status: "trialing", trial_end: end * 1_000 });
    expect(await read.toldOf(one)).toEqual([
      "checkout_started",
      "customer_trial_ending",
      "subscription_started",
      "trial_ending",
    ]);
  });

  test("customer.subscription.pending_update_applied: the new tier, and its payment", async () => {
    const one = await teller.buys("moves");
    await moved(one);
    await teller.hearsOf("customer.subscription.pending_update_applied", await shown(one));
    expect(await read.rowOf(one)).toMatchObject({ status: "active", tier: "scale", amount: 9_900 });
    expect(await read.paymentsOf(one)).toHaveLength(2);
  });

  test("customer.subscription.pending_update_expired: the old tier stays, and nobody is dunned", async () => {
    const one = await teller.buys("moves-in-vain");
    await control(system, "POST", `/customers/${one.customer}/card`, { card: DECLINES });
    await expect(moved(one, { payment_behavior: "error_if_incomplete" })).rejects.toThrow("402");
    await teller.hearsOf("customer.subscription.pending_update_expired", await shown(one));
    expect(await read.rowOf(one)).toMatchObject({ status: "active", tier: "pro", amount: 2_900 });
    expect(await read.paymentsOf(one)).toEqual([PAID]);
    expect(await read.toldOf(one)).toEqual(STARTED);
  });

  test("invoice.payment_failed: past due, with grace; invoice.voided: nothing is owed any more", async () => {
    const one = await teller.buys("fails");
    await failUpgrade(system, one.provider);
    await teller.hears("invoice.payment_failed", one.provider);
    expect(await read.rowOf(one)).toMatchObject({ status: "past_due", grace_until: expect.any(Number) });
    expect(await read.toldOf(one)).toEqual([
      "checkout_started",
      "customer_payment_failed",
      "payment_failed",
      "subscription_started",
    ]);
    await stripe(system, "POST", `/v1/invoices/${await openInvoiceOf(one)}/void`);
    await teller.hears("invoice.voided", one.provider);
    expect(await read.rowOf(one)).toMatchObject({ status: "active", grace_until: null });
    expect(await read.paymentsOf(one)).toContainEqual(PAID);
  });

  test("invoice.payment_action_required: it waits for the customer; invoice.marked_uncollectible: it is given up", async () => {
    const one = await teller.buys("confirms");
    await control(system, "POST", `/customers/${one.customer}/card`, { card: "4000002500003155" });
    await moved(one, { off_session: "true" });
    await teller.hears("invoice.payment_action_required", one.provider);
    expect(await read.rowOf(one)).toMatchObject({ status: "past_due", grace_until: expect.any(Number) });
    expect(await read.toldOf(one)).toContain("payment_failed");
    await stripe(system, "POST", `/v1/invoices/${await openInvoiceOf(one)}/mark_uncollectible`);
    await teller.hears("invoice.marked_uncollectible", one.provider);
    expect(await read.rowOf(one)).toMatchObject({ status: "active", grace_until: null });
  });

  test("invoice.upcoming: what will be renewed is as it was made meanwhile, and is not paid yet", async () => {
    const one = await teller.buys("renews");
    await moved(one, {
      "items[0][price]": "price_pro_monthly",
      "items[0][quantity]": "2",
      proration_behavior: "none",
    });
    const { id: _none, ...upcoming } = object("invoice.upcoming", { customer: one.customer });
    const parent = {
      type: "subscription_details",
      subscription_details: { subscription: one.provider, metadata: {} },
    };
    await teller.hearsOf("invoice.upcoming", { ...upcoming, parent });
    expect(await read.rowOf(one)).toMatchObject({ quantity: 2, amount: 5_800 });
    expect(await read.paymentsOf(one)).toEqual([PAID]);
  });

  test("charge.refunded, refund.created: one refund, counted by its id; refund.updated, refund.failed: it counts no longer", async () => {
    const one = await teller.buys("gets-back");
    const first = await refund(system, one.provider, 500);
    await teller.hears("charge.refunded", one.charge);
    const succeeded = { id: first, status: "succeeded", amount: 500 };
    expect(await read.refundsOf(one)).toEqual([succeeded]);
    await teller.hears("refund.created", first);
    expect(await read.refundsOf(one)).toEqual([succeeded]);
    await control(system, "POST", `/refunds/${first}/fail`);
    await teller.hears("refund.updated", first);
    expect(await read.refundsOf(one)).toEqual([{ ...succeeded, status: "failed" }]);

    const second = await refund(system, one.provider, 700);
    await teller.hears("refund.created", second);
    await control(system, "POST", `/refunds/${second}/fail`);
    await teller.hears("refund.failed", second);
    const failed = { id: second, status: "failed", amount: 700 };
    expect(await read.refundsOf(one)).toEqual([{ ...succeeded, status: "failed" }, failed]);
    expect(await read.rowOf(one)).toMatchObject({ status: "active" });
  });

  test("charge.dispute.created: the bank has the money; charge.dispute.updated: it keeps it", async () => {
    const one = await teller.buys("disputes");
    const opened = await dispute(one);
    await teller.hears("charge.dispute.created", opened);
    expect(await read.disputesOf(one)).toEqual([{ status: "open", taken: 2_900 }]);
    await close(opened, false);
    await teller.hears("charge.dispute.updated", opened);
    expect(await read.disputesOf(one)).toEqual([{ status: "lost", taken: 2_900 }]);
  });

  test("charge.dispute.funds_withdrawn: the bank has the money; charge.dispute.closed: won, it is back", async () => {
    const one = await teller.buys("disputes-and-wins");
    const opened = await dispute(one);
    await teller.hears("charge.dispute.funds_withdrawn", opened);
    expect(await read.disputesOf(one)).toEqual([{ status: "open", taken: 2_900 }]);
    await close(opened, true);
    await teller.hears("charge.dispute.closed", opened);
    expect(await read.disputesOf(one)).toEqual([{ status: "won", taken: 0 }]);
  });

  test("charge.dispute.funds_reinstated: the money is back, though nobody had told of the loss, nor of the purchase", async () => {
    const one = await teller.buysUnheard("disputes-unheard");
    const opened = await dispute(one);
    await close(opened, true);
    await teller.hears("charge.dispute.funds_reinstated", opened);
    expect(await read.disputesOf(one)).toEqual([{ status: "won", taken: 0 }]);
    expect(await read.toldOf(one)).toEqual(STARTED);
  });

  test("customer.deleted: the subscription has ended with its customer", async () => {
    const one = await teller.buys("goes");
    await stripe(system, "DELETE", `/v1/customers/${one.customer}`);
    await teller.hears("customer.deleted", one.customer);
    // The event is applied when each of the customer's subscriptions has been woken.
    await reaches(system, one.id, "canceled");
    expect(await read.rowOf(one)).toMatchObject({ ended_at: expect.any(Number) });
    expect(await read.toldOf(one)).toContain("subscription_canceled");
  });

  test("invoice.paid as before basil: its subscription is found by invoice.subscription alone", async () => {
    const one = await teller.buysUnheard("bought-long-ago");
    const old = object("invoice.paid.pre-basil", {
      id: one.invoice,
      subscription: one.provider,
      customer: one.customer,
      subscription_details: null,
      lines: null,
    });
    expect(old).not.toHaveProperty("parent");
    await teller.hearsOf("invoice.paid", old, recorded("invoice.paid.pre-basil").api_version);
    expect(await read.rowOf(one)).toMatchObject({ status: "active" });
    expect(await read.paymentsOf(one)).toEqual([PAID]);
  });

  test.each([
    ["bought and heard of", "buys"],
    ["never heard of", "buysUnheard"],
  ] as const)(
    "charge.refunded as before basil: its subscription, %s, is found by charge.invoice alone",
    async (_what, how) => {
      const one = await teller[how](`refunded-long-ago-${how}`);
      const made = await refund(system, one.provider, 900);
      // Since basil the way leads from the charge to its payment: here it leads nowhere.
      const match = { method: "GET", path: `/v1/charges/${one.charge}` };
      await control(system, "POST", "/knobs", { errors: [{ match, kind: "500" }] });
      const old = object("charge.refunded.pre-basil", {
        id: one.charge,
        invoice: one.invoice,
        payment_intent: null,
        customer: one.customer,
      });
      await teller.hearsOf("charge.refunded", old, recorded("charge.refunded.pre-basil").api_version);
      expect(await read.refundsOf(one)).toEqual([{ id: made, status: "succeeded", amount: 900 }]);
    },
  );
});

test("every event that is read has told something alone", () => {
  expect([...teller.told].toSorted()).toEqual(STRIPE_EVENTS.toSorted());
});

test("the period's advancing is no proof of payment: it is paid when invoice.paid shows so", async () => {
  const one = await teller.buys("renews-and-pays");
  const { current_period_end: end } = await read.rowOf(one);
  // Stripe collects a renewal about an hour after it has begun the period.
  await control(system, "POST", "/advance", { to: Number(end) + 60_000 });
  await teller.hears("customer.subscription.updated", one.provider);
  const renewed = await read.rowOf(one);
  expect(renewed).toMatchObject({ status: "active", current_period_start: end });
  expect(await read.paymentsOf(one)).toEqual([PAID]);
  await control(system, "POST", "/advance", { hours: 2 });
  await teller.hears("invoice.paid", one.provider);
  expect(await read.paymentsOf(one)).toEqual([PAID, PAID]);
});
