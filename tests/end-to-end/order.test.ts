import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { SubscriptionId } from "../../domain/ids.ts";
import { allApplied, control, eventually } from "../setup/customer.ts";
import { failUpgrade, openPage, payAt, payOpenInvoices, refund } from "../setup/customer-acts.ts";
import { quiet } from "../setup/quiet.ts";
import { booksOf, stripe } from "../setup/sandbox-account.ts";
import { type System, startSystem } from "../setup/system.ts";
import type { Facts, Heard, Phase } from "./order-table.ts";
import { alertKeys, PHASES, payments, refunds, STORY_EVENTS, subscriptionIn } from "./order-table.ts";
import { type StoryEvent, VARIANTS, type Variant } from "./order-variants.ts";

/** One variant's customer. */
interface Teller {
  readonly variant: Variant;
  readonly id: SubscriptionId;
  readonly checkout: string;
  readonly provider: string;
  readonly events: StoryEvent[];
  /** In which phase; what is not there was lost, or comes later. */
  readonly delivered: Map<StoryEvent, Phase>;
  /** The row as it was after the deliveries of each phase; a phase without one has none. */
  readonly seen: Map<Phase, object>;
  refund: string;
}

let system: System;
let tellers: readonly Teller[];

beforeAll(async () => {
  system = await startSystem();
  await control(system, "POST", "/knobs", { delivery: { hold: true } });
  tellers = await Promise.all(VARIANTS.map(buy));
  await tell("bought");
  await Promise.all(tellers.map(({ provider }) => failUpgrade(system, provider)));
  await tell("failed");
  await Promise.all(tellers.map(({ provider }) => payOpenInvoices(system, provider)));
  await tell("recovered");
  await Promise.all(
    tellers.map(async (teller) => {
      teller.refund = await refund(system, teller.provider, 1_000);
    }),
  );
  await tell("refunded");
  // What was lost is not heard of; what is true now shows at the next look.
  await Promise.all(tellers.map(({ id }) => system.gateway.wakeNow(id)));
  await quiet(
    system,
    tellers.map(({ id }) => id),
  );
});

afterAll(() => system.stop());

describe.each(VARIANTS.map((variant, index) => [variant.name, index] as const))("R4: %s", (_name, index) => {
  const teller = (): Teller => tellers[index] ?? fail();

  test("after every delivery the subscription is as the provider says then", async () => {
    const { seen, events, delivered, variant } = teller();
    const facts = await factsOf(teller());
    for (const [phase, row] of seen) {
      expect({ phase, row }).toEqual({ phase, row: subscriptionIn(phase, facts, heardBy(teller(), phase)) });
    }
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(STORY_EVENTS));

    expect(delivered.size < events.length).toBe(variant.loses);
  });

  test("in the end subscription, payments, refunds and alerts are those of the table", async () => {
    const facts = await factsOf(teller());
    const heard = heardBy(teller(), "refunded");
    expect(await rowOf(teller())).toEqual(subscriptionIn("refunded", facts, heard));
    expect(await heldOf(teller())).toEqual({
      payments: payments(facts, heard),
      refunds: refunds(heard),
      alerts: alertKeys(heard),
    });
  });
});

async function buy(variant: Variant, index: number): Promise<Teller> {
  const { id, checkout, session } = await openPage(system, `teller-${index}`);
  const provider = await payAt(system, session);
  return { variant, id, checkout, provider, events: [], delivered: new Map(), seen: new Map(), refund: "" };
}

/** Delivers to everybody what is to be delivered in this phase, and keeps what was made of it. */
async function tell(phase: Phase): Promise<void> {
  const all = await newEvents();
  await Promise.all(
    tellers.map(async (teller) => {
      const names = await namesOf(teller);
      const isOurs = (text: string): boolean => names.some((name) => text.includes(name));
      for (const { id, type, text } of all) {
        if (isOurs(text)) teller.events.push({ id, type, phase });
      }
      await deliver(teller, phase);
    }),
  );
  await allApplied(system);
  await quiet(
    system,
    tellers.map(({ id }) => id),
  );
  for (const teller of tellers) {
    if (teller.seen.has(phase)) teller.seen.set(phase, await rowOf(teller));
  }
}

async function deliver(teller: Teller, phase: Phase): Promise<void> {
  const { variant, events, delivered, seen } = teller;
  const due = variant.deliver(
    phase,
    events.filter((event) => !delivered.has(event)),
  );
  for (const event of due) {
    await control(system, "POST", "/deliveries/release", { events: [event.id], copies: variant.copies });
    delivered.set(event, phase);
    seen.set(phase, {});
    if (variant.oneByOne) await applied(event);
  }
}

const applied = ({ id }: StoryEvent): Promise<unknown> =>
  eventually(`${id} is applied`, async () => {
    const { rows } = await system.database.pool.query(
      "select from webhook_events where id = $1 and state = 'applied'",
      [id],
    );
    return rows.length === 1;
  });

/** What could be known by the end of a phase. */
function heardBy({ delivered, seen }: Teller, phase: Phase): Heard {
  const soFar = PHASES.slice(0, PHASES.indexOf(phase) + 1);
  const types = [...delivered].flatMap(([{ type }, when]) => (soFar.includes(when) ? type : []));
  return {
    failure: types.includes("invoice.payment_failed") || (soFar.includes("failed") && seen.has("failed")),
    refund: types.includes("refund.created") || types.includes("charge.refunded"),
  };
}

const Events = z.object({
  data: z.array(z.object({ id: z.string(), type: z.string(), data: z.object({ object: z.unknown() }) })),
  has_more: z.boolean(),
});
const known = new Set<string>();

/** What has happened since the last time, oldest first; `text` is all that the event says. */
async function newEvents(): Promise<readonly { id: string; type: string; text: string }[]> {
  const types = Object.fromEntries(STORY_EVENTS.map((type, index) => [`types[${index}]`, type]));
  const found: { id: string; type: string; text: string }[] = [];
  for (let after = {}; ; ) {
    const page = Events.parse(
      await stripe(system, "GET", "/v1/events", { ...types, limit: "100", ...after }),
    );
    const news = page.data.filter(({ id }) => !known.has(id));
    found.push(...news.map(({ id, type, data }) => ({ id, type, text: JSON.stringify(data.object) })));
    if (!page.has_more || news.length < page.data.length) break;
    after = { starting_after: page.data.at(-1)?.id ?? "" };
  }
  for (const { id } of found) known.add(id);
  return found.toReversed();
}

/** The ids by which an event of this customer is known. */
async function namesOf({ provider, refund: refunded }: Teller): Promise<readonly string[]> {
  const theirs = await bookOf(provider);
  const intents = theirs.charges.map((charge) => charge.payment_intent);
  return [provider, theirs.customer, ...intents, ...(refunded === "" ? [] : [refunded])];
}

async function bookOf(provider: string) {
  return (await booksOf(system)).subscriptions.find((each) => each.id === provider) ?? fail();
}

const Purchase = z.object({
  start_date: z.number(),
  items: z.object({ data: z.tuple([z.object({ current_period_end: z.number() })]) }),
});
const Invoices = z.object({
  data: z.tuple([
    z.object({
      id: z.string(),
      created: z.number(),
      amount_due: z.number(),
      status_transitions: z.object({ paid_at: z.number() }),
    }),
    z.object({ id: z.string() }),
  ]),
});

/** The provider's own words, newest invoice first. */
const invoicesOf = async ({ provider }: Teller) =>
  Invoices.parse(await stripe(system, "GET", "/v1/invoices", { subscription: provider })).data;

async function factsOf(teller: Teller): Promise<Facts> {
  const { customer } = await bookOf(teller.provider);
  const purchase = Purchase.parse(await stripe(system, "GET", `/v1/subscriptions/${teller.provider}`));
  const [upgrade] = await invoicesOf(teller);
  return {
    subscription: teller.provider,
    customer,
    boughtAt: purchase.start_date * 1_000,
    periodEnd: purchase.items.data[0].current_period_end * 1_000,
    upgradeAt: upgrade.created * 1_000,
    recoveredAt: upgrade.status_transitions.paid_at * 1_000,
    difference: upgrade.amount_due,
  };
}

async function rowOf({ id }: Teller): Promise<object> {
  const { rows } = await system.database.pool.query<object>(
    `select provider, stripe_subscription_id, stripe_customer_id, tier, price_id, status, started_at, since,
       current_period_start, current_period_end, trial_end, cancel_at, canceled_at, ended_at, grace_until, amount,
       currency, "interval", quantity, duplicate_of, needs_attention
     from subscriptions where id = $1`,
    [id],
  );
  return rows[0] ?? fail();
}

/** What is held of money and of what was told, with the story's names in the place of ids. */
async function heldOf(teller: Teller): Promise<object> {
  const { pool } = system.database;
  const [upgrade, purchase] = await invoicesOf(teller);
  const rows = async <Row>(text: string): Promise<readonly Row[]> =>
    (await pool.query(text, [teller.id])).rows as Row[];
  const paid = await rows<{ id: string; invoice: string }>(
    `select id, invoice_id as invoice, status, amount, currency, failed_attempts, paid_at
     from payments where subscription_id = $1 order by paid_at, amount`,
  );
  const names: Readonly<Record<string, string>> = {
    [teller.checkout]: "checkout",
    [teller.provider]: "subscription",
    [upgrade.id]: "upgrade",
    [purchase.id]: "purchase",
    [teller.refund]: "refund",
  };
  const named = (id: string): string => names[id] ?? id;
  const invoiceOf = (payment: string): string =>
    named(paid.find(({ id }) => id === payment)?.invoice ?? payment);
  const given = await rows<{ refund: string; payment: string }>(
    `select id as refund, payment_id as payment, status, amount, currency from refunds where subscription_id = $1`,
  );
  const alerts = await rows<{ key: string }>("select key from alerts where subscription_id = $1");
  return {
    payments: paid.map(({ id: _id, ...payment }) => ({ ...payment, invoice: named(payment.invoice) })),
    refunds: given.map((row) => ({ ...row, refund: named(row.refund), payment: invoiceOf(row.payment) })),
    alerts: alerts.map(({ key }) => key.split(":").map(named).join(":")).toSorted(),
  };
}

function fail(): never {
  throw new Error("the story is not as it was written");
}
