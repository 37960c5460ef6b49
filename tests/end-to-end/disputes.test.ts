import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { SubscriptionId } from "../../domain/ids.ts";
import { subscriptionWorkflowId } from "../../workflows/contract.ts";
import { allApplied, control, eventually, reaches, subscribe } from "../setup/customer.ts";
import { booksOf, stripe } from "../setup/sandbox-account.ts";
import { API_KEY, type System, startSystem } from "../setup/system.ts";

/** A subscription, and the charge of its first payment. */
interface Disputed {
  readonly id: SubscriptionId;
  readonly provider: string;
  readonly charge: string;
  readonly payment: string;
}

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

async function buy(): Promise<Disputed> {
  const { id, row } = await subscribe(system);
  const provider = row.subscription.terms.providerSubscriptionId;
  const book = (await booksOf(system)).subscriptions.find((each) => each.id === provider);
  const charge = book?.charges[0];
  if (charge === undefined) throw new Error("nothing was charged");
  await settled();
  return { id, provider, charge: charge.id, payment: charge.payment_intent };
}

const open = async ({ charge }: Disputed): Promise<string> =>
  z.object({ dispute: z.string() }).parse(await control(system, "POST", `/charges/${charge}/dispute`))
    .dispute;

const close = (dispute: string, won: boolean) =>
  control(system, "POST", `/disputes/${dispute}/close`, { won });

/** Everything is delivered, and applied. */
async function settled(): Promise<Readonly<Record<string, number>>> {
  await control(system, "POST", "/idle");
  return allApplied(system);
}

const rows = async <Row extends object>(statement: string, ...values: unknown[]): Promise<Row[]> =>
  (await system.database.pool.query<Row>(statement, values)).rows;

const disputesOf = ({ id }: Disputed) =>
  rows("select id, payment_id, status, amount, currency, taken from disputes where subscription_id = $1", id);

/** The alerts of a dispute, those that are recorded only in brackets. */
async function toldOf({ id }: Disputed): Promise<readonly string[]> {
  const alerts = await rows<{ key: string; superseded: boolean }>(
    "select key, superseded from alerts where subscription_id = $1 and kind like 'dispute%' order by key",
    id,
  );
  return alerts.map(({ key, superseded }) => {
    const kind = key.split(":")[0] ?? "";
    return superseded ? `(${kind})` : kind;
  });
}

const recorded = ({ payment }: Disputed, id: string, status: string, taken: number): readonly object[] => [
  { id, payment_id: payment, status, amount: 2_900, currency: "usd", taken },
];

describe("a dispute of a running subscription", () => {
  test("takes the money when it is opened, and keeps it when it is lost", async () => {
    const one = await buy();
    const dispute = await open(one);
    await settled();
    expect(await disputesOf(one)).toEqual(recorded(one, dispute, "open", 2_900));
    expect(await toldOf(one)).toEqual(["dispute_opened"]);

    await close(dispute, false);
    await settled();
    expect(await disputesOf(one)).toEqual(recorded(one, dispute, "lost", 2_900));
    expect(await toldOf(one)).toEqual(["dispute_lost", "dispute_opened"]);
    // Stripe leaves the subscription as it is, unless the account is set to end it.
    expect((await reaches(system, one.id, "active")).subscription.status).toBe("active");
    const why = await rows<{ why: string }>("select why from timeline where subscription_id = $1", one.id);
    expect(why.map((entry) => entry.why).join()).toContain("dispute of 29.00 USD: lost");
    const answer = await fetch(`${system.apiUrl}/api/billing/subscriptions/${one.id}`, {
      headers: { authorization: `Bearer ${API_KEY}` },
    });
    expect(await answer.json()).toMatchObject({
      disputes: [{ id: dispute, payment_id: one.payment, status: "lost", amount: 2_900, taken: 2_900 }],
    });
  });

  test("gives the money back when it is won", async () => {
    const one = await buy();
    const dispute = await open(one);
    await settled();
    await close(dispute, true);
    await settled();
    expect(await disputesOf(one)).toEqual(recorded(one, dispute, "won", 0));
    expect(await toldOf(one)).toEqual(["dispute_opened", "dispute_won"]);
  });

  test("ends it where the account is set so, and both are told", async () => {
    const one = await buy();
    const dispute = await open(one);
    await settled();
    await control(system, "POST", `/disputes/${dispute}/close`, { won: false, cancel_subscription: true });
    await settled();
    await reaches(system, one.id, "canceled");
    expect(await disputesOf(one)).toEqual(recorded(one, dispute, "lost", 2_900));
  });

  test("of an older API version finds its subscription through its charge", async () => {
    const one = await buy();
    await control(system, "POST", "/knobs", { delivery: { hold: true } });
    const dispute = await open(one);
    const object = { id: dispute, object: "dispute", charge: one.charge, status: "needs_response" };
    const type = "charge.dispute.created";
    const { event } = z
      .object({ event: z.string() })
      .parse(await control(system, "POST", "/events", { type, object, api_version: "2018-05-21" }));
    await control(system, "POST", "/deliveries/release", { events: [event] });
    await control(system, "POST", "/knobs", { delivery: { hold: false } });
    await eventually("it is recorded", async () => (await disputesOf(one)).length === 1);
    expect(await disputesOf(one)).toEqual(recorded(one, dispute, "open", 2_900));
    await control(system, "POST", "/deliveries/release");
    await settled();
  });
});

test("R8: a dispute 90 days after the end is recorded, told and over, and the end stays", async () => {
  const one = await buy();
  await control(system, "POST", `/subscriptions/${one.provider}/cancel`);
  const ended = await reaches(system, one.id, "canceled");
  await settled();
  await control(system, "POST", "/advance", { days: 90 });
  await settled();

  const dispute = await open(one);
  await settled();
  await close(dispute, false);
  await settled();
  expect(await disputesOf(one)).toEqual(recorded(one, dispute, "lost", 2_900));
  expect(await toldOf(one)).toEqual(["dispute_lost", "dispute_opened"]);
  await eventually("the loss is delivered", async () => {
    const owed = await rows<{ delivered_at: number | null }>(
      "select delivered_at from deliveries where alert_key = $1",
      `dispute_lost:${dispute}`,
    );
    return owed.length === 1 && owed.every((each) => each.delivered_at !== null);
  });
  const after = await reaches(system, one.id, "canceled");
  expect(after.subscription).toEqual(ended.subscription);
  expect(after.nextDeadline).toBeNull();
  await eventually("its run is over", async () => {
    const { status } = await system.temporal.workflow.getHandle(subscriptionWorkflowId(one.id)).describe();
    return status.name === "COMPLETED";
  });
});

const Events = z.object({
  data: z.array(z.object({ id: z.string(), data: z.object({ object: z.object({ id: z.string() }) }) })),
});

test("R4: the events of a dispute end alike in any order, doubled, and while the bank still decides", async () => {
  const held: Disputed[] = [];
  for (let n = 0; n < 6; n += 1) held.push(await buy());
  await control(system, "POST", "/knobs", { delivery: { hold: true } });

  const disputes = new Map<Disputed, string>();
  for (const one of held) disputes.set(one, await open(one));
  /** Delivers what is held of a dispute. */
  const deliver = async (dispute: string, how: object): Promise<void> => {
    const { data } = Events.parse(
      await stripe(system, "GET", "/v1/events", { limit: "100", type: "charge.dispute.*" }),
    );
    const events = data.filter((each) => each.data.object.id === dispute).map(({ id }) => id);
    await control(system, "POST", "/deliveries/release", { events, ...how });
  };
  const variants = [...disputes];
  // Half of them hear of the opening in its time, half of it all only at the end.
  for (const [, dispute] of variants.slice(0, 3)) await deliver(dispute, { order: "reversed", copies: 1 });
  await allApplied(system);
  for (const [, dispute] of variants) await close(dispute, true);
  for (const [index, [, dispute]] of variants.entries()) {
    await deliver(dispute, { order: { shuffle: index }, copies: index % 3, concurrent: index % 2 === 0 });
  }
  await allApplied(system);
  await control(system, "POST", "/knobs", { delivery: { hold: false } });

  for (const [index, [one, dispute]] of variants.entries()) {
    expect(await disputesOf(one)).toEqual(recorded(one, dispute, "won", 0));
    // The same keys; whether people were told depends on when it was heard.
    const [opened, won] = ["dispute_opened", "dispute_won"];
    expect(await toldOf(one)).toEqual(index < 3 ? [opened, won] : [`(${opened})`, `(${won})`]);
  }
  expect((await rows("select from webhook_events where state = 'parked'")).length).toBe(0);
});
