import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { PublishedPolicy } from "../../domain/policy.ts";
import { DAY } from "../../domain/time.ts";
import { publishCatalog } from "../../store/catalogs.ts";
import { transaction } from "../../store/pool.ts";
import { commandsOf } from "../api/give.ts";
import { allApplied, control, eventually, reaches, subscribe } from "../setup/customer.ts";
import { DECLINES, payOpenInvoices } from "../setup/customer-acts.ts";
import { TEST_CATALOG } from "../setup/database.ts";
import { quiet } from "../setup/quiet.ts";
import { requestsOf, stripe } from "../setup/sandbox-account.ts";
import { type System, startSystem } from "../setup/system.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

const rows = async <Row extends object>(statement: string, ...values: unknown[]): Promise<Row[]> =>
  (await system.database.pool.query<Row>(statement, values)).rows;

async function settled(): Promise<void> {
  await control(system, "POST", "/idle");
  await allApplied(system);
}

const after = async (length: object): Promise<void> => {
  await control(system, "POST", "/advance", length);
  await settled();
};

const Subscription = z.object({ status: z.string() });

type Customer = Awaited<ReturnType<typeof overdue>>;

/** A customer whose renewal has just failed. */
async function overdue() {
  const { id, row } = await subscribe(system);
  const { providerSubscriptionId: provider, providerCustomerId: customer } = row.subscription.terms;
  await control(system, "POST", `/customers/${customer}/card`, { card: DECLINES });
  await after({ months: 1, hours: 2 });
  const { subscription } = await reaches(system, id, "past_due");
  if (subscription.status !== "past_due") throw new Error("it is not past due");
  // Its later days are nobody's business, and every advance of the clock would stop at them.
  onTestFinished(async () => {
    const { status } = Subscription.parse(await stripe(system, "GET", `/v1/subscriptions/${provider}`));
    if (status === "canceled") return;
    await control(system, "POST", `/subscriptions/${provider}/cancel`);
    await settled();
  });
  return { id, provider, customer, since: subscription.unpaidSince };
}

/** What people and the customer were told since the renewal failed, with the day on which. */
async function told({ id, since }: Customer): Promise<readonly string[]> {
  const alerts = await rows<{ kind: string; at: number; superseded: boolean }>(
    "select kind, at, superseded from alerts where subscription_id = $1 and at >= $2 order by at, kind",
    id,
    new Date(since),
  );
  return alerts.map(({ kind, at, superseded }) => {
    const words = `day ${Math.floor((at - since) / DAY)}: ${kind}`;
    return superseded ? `(${words})` : words;
  });
}

const openInvoices = async ({ provider }: Customer): Promise<readonly { readonly id: string }[]> =>
  z
    .object({ data: z.array(z.object({ id: z.string() })) })
    .parse(await stripe(system, "GET", "/v1/invoices", { subscription: provider, status: "open" })).data;

const change = (policy: PublishedPolicy): Promise<number> =>
  transaction(system.database.pool, (db) =>
    publishCatalog(
      db,
      { ...TEST_CATALOG.body, policy: { ...TEST_CATALOG.body.policy, ...policy } },
      JSON.stringify(policy),
    ),
  );

describe("dunning by the calendar", () => {
  test("day 0, 3 and 7 write to the customer; day 14 cancels, voids the open invoice and ends the access", async () => {
    const one = await overdue();
    await after({ days: 20 });
    await reaches(system, one.id, "canceled");
    expect(await told(one)).toEqual([
      "day 0: customer_payment_failed",
      "day 0: payment_failed",
      "day 3: customer_payment_reminder",
      "day 3: payment_failed",
      "day 7: customer_final_notice",
      "day 8: payment_failed",
      "day 14: access_ended",
      "day 14: customer_access_ended",
      "day 14: subscription_canceled",
    ]);
    expect(await openInvoices(one)).toEqual([]);
    const [ended] = await rows<{ ended_at: number }>(
      "select ended_at from subscriptions where id = $1",
      one.id,
    );
    expect(Math.floor(((ended?.ended_at ?? 0) - one.since) / DAY)).toBe(14);
    expect(
      await rows("select live_subscription_id from customers where stripe_customer_id = $1", one.customer),
    ).toEqual([{ live_subscription_id: null }]);
    // Once, whatever came after it.
    const cancels = (await requestsOf(system)).filter(
      ({ method, path }) => method === "DELETE" && path.includes(one.provider),
    );
    expect(cancels.length).toBe(1);
  });

  test("recovery stops it at any point", async () => {
    const one = await overdue();
    await after({ days: 5 });
    await payOpenInvoices(system, one.provider);
    await settled();
    await reaches(system, one.id, "active");
    await after({ days: 15 });
    expect((await told(one)).filter((words) => words.includes("customer"))).toEqual([
      "day 0: customer_payment_failed",
      "day 3: customer_payment_reminder",
    ]);
    await reaches(system, one.id, "active");
  });

  test("what is paid at the last moment is not ended: the provider is asked first", async () => {
    const one = await overdue();
    // Nothing of it is heard of: only the look before the end can show it.
    await control(system, "POST", "/knobs", { delivery: { hold: true } });
    await payOpenInvoices(system, one.provider);
    await control(system, "POST", "/advance", { days: 16 });
    await control(system, "POST", "/knobs", { delivery: { hold: false } });
    await control(system, "POST", "/deliveries/release");
    await settled();
    await reaches(system, one.id, "active");
    expect((await told(one)).filter((words) => words.includes("ended"))).toEqual([]);
  });

  test("grace can be extended: the end comes by so many days later, and the messages as ever", async () => {
    const one = await overdue();
    const { status, body } = await commandsOf(system).give(one.id, "extend-grace", {
      by: "maria",
      why: "the bank is slow",
      days: 10,
    });
    expect([status, body["outcome"]]).toEqual([200, "done"]);
    // The provider's own retries would end it before that.
    await control(system, "POST", "/knobs", { billing: { after_retries: "past_due" } });
    await after({ days: 23 });
    await reaches(system, one.id, "past_due");
    await after({ days: 2 });
    await reaches(system, one.id, "canceled");
    await control(system, "POST", "/knobs", { billing: { after_retries: "canceled" } });
    expect((await told(one)).filter((words) => words.includes("customer"))).toEqual([
      "day 0: customer_payment_failed",
      "day 3: customer_payment_reminder",
      "day 7: customer_final_notice",
      "day 24: customer_access_ended",
    ]);
  });

  test("a changed calendar holds from the next step on; keep_unpaid ends the access and nothing else", async () => {
    const one = await overdue();
    await after({ days: 4 });
    await quiet(system, [one.id]);
    await control(system, "POST", "/knobs", { billing: { after_retries: "past_due" } });
    await change({
      dunning: {
        messages: [
          { day: 1, send: "reminder" },
          { day: 6, send: "final_notice" },
        ],
        end: { day: 9, action: "keep_unpaid" },
      },
    });
    await after({ days: 16 });
    await reaches(system, one.id, "past_due");
    expect((await told(one)).filter((words) => words.includes("customer"))).toEqual([
      "day 0: customer_payment_failed",
      "day 3: customer_payment_reminder",
      // The step that was waited for; by the new calendar the notice was due by then. The reminder stands before what was sent.
      "day 7: customer_final_notice",
      "(day 7: customer_payment_reminder)",
      "day 9: customer_access_ended",
    ]);
    expect(await openInvoices(one)).toHaveLength(1);
    // Late money gives the access back.
    await payOpenInvoices(system, one.provider);
    await settled();
    await reaches(system, one.id, "active");
    expect(
      await rows("select live_subscription_id from customers where stripe_customer_id = $1", one.customer),
    ).toEqual([{ live_subscription_id: one.id }]);
  });
});

/** An ended subscription whose last invoice the customer pays after all. */
async function paidLate(): Promise<Customer> {
  const one = await overdue();
  await control(system, "POST", `/subscriptions/${one.provider}/cancel`);
  await settled();
  await reaches(system, one.id, "canceled");
  await after({ days: 1 });
  const card = await control(system, "POST", `/customers/${one.customer}/card`, {
    card: "4242424242424242",
  });
  const { payment_method } = z.object({ payment_method: z.string() }).parse(card);
  for (const { id } of await openInvoices(one)) {
    await stripe(system, "POST", `/v1/invoices/${id}/pay`, { payment_method });
  }
  await settled();
  return one;
}
const lateAlerts = ({ id }: Customer) =>
  rows("select text from alerts where kind = 'late_payment' and subscription_id = $1", id);
const moneyOf = async ({ id }: Customer): Promise<object | undefined> =>
  (
    await rows<object>(
      `select (select sum(amount)::int from payments where subscription_id = $1 and status = 'succeeded') as paid,
         (select coalesce(sum(amount), 0)::int from refunds where subscription_id = $1) as refunded`,
      id,
    )
  )[0];

describe("R8: money that comes in after the end", () => {
  test("is given back and told of, and the end stays", async () => {
    await change({ latePayments: "refund" });
    const one = await paidLate();
    await eventually("it has gone back", async () =>
      JSON.stringify(await moneyOf(one)).includes('"refunded":2900'),
    );
    await settled();
    expect(await moneyOf(one)).toEqual({ paid: 5_800, refunded: 2_900 });
    expect(await lateAlerts(one)).toEqual([
      { text: "29.00 USD came in after the end of the subscription: it is refunded" },
    ]);
    await reaches(system, one.id, "canceled");
    expect(
      await rows(
        "select why from timeline where subscription_id = $1 and why like '%29.00 USD back%'",
        one.id,
      ),
    ).toEqual([{ why: expect.stringContaining("we gave 29.00 USD back: it came in after the end") }]);
  });

  test("is kept and told of where the catalog says so", async () => {
    await change({ latePayments: "keep" });
    const one = await paidLate();
    await eventually("it is told", async () => (await lateAlerts(one)).length > 0);
    await settled();
    expect(await moneyOf(one)).toEqual({ paid: 5_800, refunded: 0 });
    expect(await lateAlerts(one)).toEqual([
      {
        text: "29.00 USD came in after the end of the subscription: it is kept: decide what becomes of it",
      },
    ]);
  });
});
