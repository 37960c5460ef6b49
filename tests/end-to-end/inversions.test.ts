import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { SubscriptionId } from "../../domain/ids.ts";
import { publishCatalog } from "../../store/catalogs.ts";
import { transaction } from "../../store/pool.ts";
import { deliver, eventOf } from "../api/deliver.ts";
import { control, eventually, reaches } from "../setup/customer.ts";
import { openPage, payAt } from "../setup/customer-acts.ts";
import { TEST_CATALOG } from "../setup/database.ts";
import { stripe } from "../setup/sandbox-account.ts";
import { type System, startSystem } from "../setup/system.ts";

/** A real order in which Stripe's events came and that somebody's code did not stand. */
const Inversion = z.strictObject({
  source: z.url(),
  recorded: z.string(),
  story: z.enum(["purchase", "trial_switch"]),
  concurrent: z.boolean(),
  /** In the order in which they came; the same type twice is the same event again. */
  deliveries: z.array(
    z.strictObject({
      type: z.string(),
      /** Of its `created`, counted from the story's beginning; where it is not recorded the sandbox's stands. */
      second: z.number().int().optional(),
    }),
  ),
});
type Inversion = z.infer<typeof Inversion>;

const FOLDER = new URL("../fixtures/inversions/", import.meta.url);
const INVERSIONS = readdirSync(FOLDER).map((file) => ({
  name: file.replace(/\.json$/, ""),
  ...Inversion.parse(JSON.parse(readFileSync(new URL(file, FOLDER), "utf8"))),
}));

const Event = z.looseObject({
  id: z.string(),
  type: z.string(),
  data: z.looseObject({ object: z.looseObject({ status: z.string().nullish() }) }),
});
type Event = z.infer<typeof Event>;
const Events = z.object({ data: z.array(Event) });
const Subscription = z.looseObject({
  items: z.object({ data: z.tuple([z.looseObject({ id: z.string() })]) }),
  trial_end: z.number().nullable(),
});

/** What the events are about. */
interface Story {
  readonly id: SubscriptionId;
  readonly provider: string;
  /** What happened is told by an event that the sandbox itself does not send. */
  readonly more: readonly Event[];
}

let system: System;
beforeAll(async () => {
  system = await startSystem();
  await transaction(system.database.pool, (db) =>
    publishCatalog(
      db,
      {
        ...TEST_CATALOG.body,
        tiers: TEST_CATALOG.body.tiers.map((tier) =>
          tier.name === "scale" ? { ...tier, trialDays: 14 } : tier,
        ),
      },
      "a catalog with a trial",
    ),
  );
  // Nothing comes but what a recording says.
  await control(system, "POST", "/knobs", { delivery: { hold: true } });
});
afterAll(() => system.stop());

const rows = async <Row extends object>(statement: string, ...values: unknown[]): Promise<Row[]> =>
  (await system.database.pool.query<Row>(statement, values)).rows;

async function purchase(receipt: string): Promise<Story> {
  const { id, session } = await openPage(system, receipt);
  return { id, provider: await payAt(system, session), more: [] };
}

const DAY_S = 86_400;

/** On trial with Scale; then Pro is chosen instead, and the trial made to end in two days. */
async function trialSwitch(receipt: string): Promise<Story> {
  const { id, session } = await openPage(system, receipt, "scale");
  const provider = await payAt(system, session);
  await receive([await eventOfType("checkout.session.completed", provider)], false);
  await reaches(system, id, "trialing");
  const path = `/v1/subscriptions/${provider}`;
  const before = Subscription.parse(await stripe(system, "GET", path));
  const trialEnd = Math.floor(Date.now() / 1_000) + 2 * DAY_S;
  await stripe(system, "POST", path, {
    "items[0][id]": before.items.data[0].id,
    "items[0][price]": "price_pro_monthly",
    trial_end: `${trialEnd}`,
  });
  const stale = eventOf("customer.subscription.trial_will_end", { ...before, trial_end: trialEnd });
  return { id, provider, more: [Event.parse(stale)] };
}

const STORIES = { purchase, trial_switch: trialSwitch } as const;

/** The newest event of a type that says anything of a subscription or of what belongs to it. */
async function eventOfType(type: string, provider: string): Promise<Event> {
  const customer = z
    .object({ customer: z.string() })
    .parse(await stripe(system, "GET", `/v1/subscriptions/${provider}`)).customer;
  const { data } = Events.parse(await stripe(system, "GET", "/v1/events", { type, limit: "100" }));
  const found = data.find((event) => JSON.stringify(event.data.object).includes(customer));
  if (found === undefined) throw new Error(`the sandbox has told nothing of type ${type}`);
  return found;
}

/** The provider is answered 200 each time, and each event comes to its end. */
async function receive(events: readonly Event[], concurrent: boolean): Promise<void> {
  const one = async (event: Event): Promise<void> => {
    expect((await deliver(system, event)).status).toBe(200);
  };
  if (concurrent) await Promise.all(events.map(one));
  else for (const event of events) await one(event);
  await eventually("each has its end", async () => {
    const open = await rows(
      "select from webhook_events where id = any($1) and state = 'received'",
      events.map(({ id }) => id),
    );
    return open.length === 0;
  });
}

async function play({ deliveries, concurrent }: Inversion, { provider, more }: Story): Promise<Event[]> {
  const begun = Math.floor(Date.now() / 1_000);
  const events = new Map<string, Event>();
  for (const { type, second } of deliveries) {
    const event = more.find((each) => each.type === type) ?? (await eventOfType(type, provider));
    events.set(type, second === undefined ? event : { ...event, created: begun + second });
  }
  const told = deliveries.flatMap(({ type }) => events.get(type) ?? []);
  await receive(told, concurrent);
  return told;
}

const NOTHING_IS_DECIDED_FROM: readonly string[] = [
  "invoice.created",
  "invoice.finalized",
  "invoice.updated",
  "payment_intent.succeeded",
  "payment_method.attached",
];

const ENDS = {
  purchase: {
    subscription: { status: "active", tier: "pro", amount: 2_900 },
    payments: [{ status: "succeeded", amount: 2_900, failed_attempts: 0 }],
    told: ["checkout_started", "subscription_started"],
  },
  // Its invoice of 0.00 is paid, and is no payment.
  trial_switch: {
    subscription: { status: "trialing", tier: "pro", amount: 2_900 },
    payments: [],
    told: ["checkout_started", "customer_trial_ending", "subscription_started", "trial_ending"],
  },
} as const;

describe.concurrent("R4: an order in which events really came", () => {
  test.each(INVERSIONS)("$name", async (inversion) => {
    const story = await STORIES[inversion.story](`inversion-${inversion.name}`);
    const told = await play(inversion, story);

    const created = told.find(({ type }) => type === "customer.subscription.created");
    // It is the trap: what it says was over before it came.
    expect(created?.data.object.status ?? "incomplete").toBe("incomplete");
    const ends = ENDS[inversion.story];
    expect(
      await rows(
        "select status, tier, amount from subscriptions where stripe_subscription_id = $1",
        story.provider,
      ),
    ).toEqual([ends.subscription]);
    expect(
      await rows("select status, amount, failed_attempts from payments where subscription_id = $1", story.id),
    ).toEqual(ends.payments);
    const events = await rows<{ type: string; state: string; subscription_id: string | null }>(
      "select type, state, subscription_id from webhook_events where id = any($1)",
      told.map(({ id }) => id),
    );
    expect(events).toHaveLength(new Set(told).size);
    for (const { type, state, subscription_id: about } of events) {
      const isNoise = NOTHING_IS_DECIDED_FROM.includes(type);
      expect({ type, state, about }).toEqual(
        isNoise ? { type, state: "ignored", about: null } : { type, state: "applied", about: story.id },
      );
    }
    const alerts = await rows<{ kind: string }>(
      "select kind from alerts where subscription_id = $1 and not superseded order by kind",
      story.id,
    );
    expect(alerts.map(({ kind }) => kind)).toEqual(ends.told);
  });
});
