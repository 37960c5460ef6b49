import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { STRIPE_EVENTS } from "../../providers/stripe/interest.ts";
import { anotherApi, silentServer } from "../api/another-api.ts";
import { deliver, eventOf } from "../api/deliver.ts";
import { allApplied, control, eventually, reaches, subscribe } from "../setup/customer.ts";
import { refund } from "../setup/customer-acts.ts";
import { booksOf, stripe } from "../setup/sandbox-account.ts";
import { type System, startSystem } from "../setup/system.ts";

let system: System;
/** What each type became, of events about one customer's subscription. */
let ends: ReadonlyMap<string, { readonly state: string; readonly reason: string | null }>;
let about: string;

const Made = z.object({ id: z.string() });

beforeAll(async () => {
  system = await startSystem();
  const { id, row } = await subscribe(system);
  about = id;
  const { providerSubscriptionId, providerCustomerId } = row.subscription.terms;
  const objects = await objectsOf(providerSubscriptionId, providerCustomerId);
  await settled();
  const types = new Map<string, string>();
  for (const type of [...STRIPE_EVENTS, "invoice.created", "invoice.finalized", "charge.succeeded"]) {
    const object = objectFor(type, objects);
    const { event } = z
      .object({ event: z.string() })
      .parse(await control(system, "POST", "/events", { type, object }));
    types.set(event, type);
  }
  await settled();
  const found = await rows<{ id: string; state: string; reason: string | null }>(
    "select id, state, reason from webhook_events where id = any($1)",
    [...types.keys()],
  );
  ends = new Map(found.map(({ id: event, ...end }) => [types.get(event) ?? "", end]));
});

afterAll(() => system.stop());

/** Everything is delivered, and applied. */
async function settled(): Promise<void> {
  await control(system, "POST", "/idle");
  await allApplied(system);
}

const rows = async <Row extends object>(statement: string, ...values: unknown[]): Promise<Row[]> =>
  (await system.database.pool.query<Row>(statement, values)).rows;

type Objects = Readonly<Record<string, unknown>>;

/** The objects of Stripe's that a bought, partly refunded and disputed subscription has. */
async function objectsOf(subscription: string, customer: string): Promise<Objects> {
  const get = (path: string, parameters: Readonly<Record<string, string>> = {}) =>
    stripe(system, "GET", path, parameters);
  const book = (await booksOf(system)).subscriptions.find((each) => each.id === subscription);
  const [charge, invoice] = [book?.charges[0]?.id ?? "", book?.invoices[0]?.id ?? ""];
  const refunded = await refund(system, subscription, 500);
  const { dispute } = z
    .object({ dispute: z.string() })
    .parse(await control(system, "POST", `/charges/${charge}/dispute`));
  const session = (await booksOf(system)).sessions.find((each) => each.customer === customer)?.id ?? "";
  const payments = z
    .object({ data: z.array(z.unknown()) })
    .parse(await get("/v1/invoice_payments", { invoice }));
  const collected = z.looseObject({ id: z.string() }).parse(await get(`/v1/invoices/${invoice}`));
  const { id: _none, ...upcoming } = collected;
  return {
    "customer.deleted": await get(`/v1/customers/${customer}`),
    "customer.subscription": await get(`/v1/subscriptions/${subscription}`),
    "checkout.session": await get(`/v1/checkout/sessions/${session}`),
    "invoice.upcoming": upcoming,
    "invoice.": collected,
    "invoice_payment.": payments.data[0],
    "charge.dispute": await get(`/v1/disputes/${dispute}`),
    "charge.": await get(`/v1/charges/${charge}`),
    "refund.": await get(`/v1/refunds/${refunded}`),
  };
}

const objectFor = (type: string, objects: Objects): unknown =>
  Object.entries(objects).find(([beginning]) => type.startsWith(beginning))?.[1];

test.each(STRIPE_EVENTS)("R2: %s finds its subscription and is applied", (type) => {
  expect(ends.get(type)).toEqual({ state: "applied", reason: null });
});

test.each([
  ["invoice.created", "a draft: nothing is decided before it is collected"],
  ["invoice.finalized", "nothing is decided before it is paid or fails"],
  ["charge.succeeded", "nothing is decided from charge.succeeded"],
])("%s is ignored as it comes, with a reason", (type, reason) => {
  expect(ends.get(type)).toEqual({ state: "ignored", reason });
});

test.each([
  ["invoice.created", "a draft: nothing is decided before it is collected"],
  ["invoice.finalized", "nothing is decided before it is paid or fails"],
])(
  "R1, R2: %s is answered 200 and ignored with a reason also while Temporal is away",
  async (type, reason) => {
    const server = await silentServer();
    const api = await anotherApi(system, { TEMPORAL_ADDRESS: `127.0.0.1:${server.port}` });
    try {
      const draft = eventOf(type, { id: "in_draft", object: "invoice", status: "draft" });
      expect(await deliver({ apiUrl: api.url }, draft)).toEqual({ status: 200, body: { received: true } });
      expect(
        await rows(
          "select state, reason, processed_at is not null as over from webhook_events where id = $1",
          draft.id,
        ),
      ).toEqual([{ state: "ignored", reason, over: true }]);
    } finally {
      await api.stop();
      server.stop();
    }
  },
);

test("R4: events that are not true change nothing", async () => {
  const [row] = await rows("select status, ended_at from subscriptions where id = $1", about);
  expect(row).toEqual({ status: "active", ended_at: null });
  expect(await rows("select from payments where subscription_id = $1", about)).toHaveLength(1);
  expect(await rows("select from refunds where subscription_id = $1", about)).toHaveLength(1);
  expect(await rows("select from disputes where subscription_id = $1", about)).toHaveLength(1);
});

/** Another subscription of a customer, made in Stripe's dashboard. */
async function inDashboard(customer: string, parameters: Readonly<Record<string, string>>): Promise<string> {
  const made = await stripe(system, "POST", "/v1/subscriptions", { customer, ...parameters });
  return Made.parse(made).id;
}

describe("customer.deleted", () => {
  test("R3: is one event that wakes each subscription of the customer", async () => {
    const { id, row } = await subscribe(system);
    const customer = row.subscription.terms.providerCustomerId;
    await control(system, "POST", `/customers/${customer}/card`, { card: "4242424242424242" });
    const second = await inDashboard(customer, { "items[0][price]": "price_pro_legacy" });
    await settled();
    await control(system, "POST", "/knobs", { delivery: { hold: true } });
    await stripe(system, "DELETE", `/v1/customers/${customer}`);
    await control(system, "POST", "/deliveries/release", { types: ["customer.deleted"], copies: 2 });
    await reaches(system, id, "canceled");
    await eventually("the other one has ended, too", async () => {
      const [other] = await rows<{ status: string }>(
        "select status from subscriptions where stripe_subscription_id = $1",
        second,
      );
      return other?.status === "canceled";
    });
    expect(
      await rows(
        "select state, attempts from webhook_events where type = 'customer.deleted' and payload->'data'->'object'->>'id' = $1",
        customer,
      ),
    ).toEqual([{ state: "applied", attempts: 1 }]);
    expect(
      await rows("select live_subscription_id from customers where stripe_customer_id = $1", customer),
    ).toEqual([{ live_subscription_id: null }]);
    await control(system, "POST", "/knobs", { delivery: { hold: false } });
    await control(system, "POST", "/deliveries/release");
    await settled();
  });

  test("of one who has nothing here is ignored, with a reason", async () => {
    const { id } = Made.parse(await stripe(system, "POST", "/v1/customers", { description: "nobody" }));
    await stripe(system, "DELETE", `/v1/customers/${id}`);
    await settled();
    expect(
      await rows("select state, reason from webhook_events where payload->'data'->'object'->>'id' = $1", id),
    ).toContainEqual({ state: "ignored", reason: "the customer has no running subscription here" });
  });
});

test("a trial that ends in three days is told once, by its end", async () => {
  const { row } = await subscribe(system);
  const customer = row.subscription.terms.providerCustomerId;
  const trial = await inDashboard(customer, {
    "items[0][price]": "price_pro_monthly",
    trial_period_days: "7",
  });
  await settled();
  await control(system, "POST", "/advance", { days: 5 });
  await settled();
  const [known] = await rows<{ trial_end: number }>(
    "select trial_end from subscriptions where stripe_subscription_id = $1",
    trial,
  );
  expect(
    await rows(
      "select key, superseded from alerts where kind = 'trial_ending' and key like $1",
      `trial_ending:${trial}:%`,
    ),
  ).toEqual([{ key: `trial_ending:${trial}:${known?.trial_end}`, superseded: false }]);
});

test("a refund that fails after all is told, and counts no longer", async () => {
  const { id, row } = await subscribe(system);
  const made = await refund(system, row.subscription.terms.providerSubscriptionId, 700);
  await settled();
  await control(system, "POST", `/refunds/${made}/fail`);
  await settled();
  expect(await rows("select status from refunds where subscription_id = $1", id)).toEqual([
    { status: "failed" },
  ]);
  expect(
    await rows(
      "select key, superseded from alerts where subscription_id = $1 and kind like 'refund%' order by key",
      id,
    ),
  ).toEqual([
    { key: `refund_failed:${made}`, superseded: false },
    { key: `refund_recorded:${made}`, superseded: false },
  ]);
});
