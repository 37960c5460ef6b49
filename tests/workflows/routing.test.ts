import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type SubscriptionId, subscriptionId } from "../../domain/ids.ts";
import { findEvent } from "../../store/events.ts";
import { TemporalAway } from "../../temporal/gateway.ts";
import { routeEventWorkflowId } from "../../workflows/contract.ts";
import { control, createCheckout, eventually, reaches } from "../setup/customer.ts";
import { type System, startSystem } from "../setup/system.ts";
import { settledCustomer } from "./by-hand.ts";
import { eventsOf, handleOf, quiet, signalsOf, summaryOf } from "./history.ts";
import { sweepNow, swept } from "./swept.ts";

let system: System;
/** Of whom a turn says that another must be woken, and whom. */
const concerned = new Map<SubscriptionId, SubscriptionId>();
/** Whom Temporal cannot be told to wake, and how often it was tried. */
const deaf = new Map<SubscriptionId, number>();

beforeAll(async () => {
  system = await startSystem({
    worker: {
      deps: (deps) => ({
        ...deps,
        gateway: {
          ...deps.gateway,
          wakeNow(id) {
            const tries = deaf.get(id);
            if (tries === undefined) return deps.gateway.wakeNow(id);
            deaf.set(id, tries + 1);
            return Promise.reject(new TemporalAway("planted"));
          },
        },
      }),
      activities: (activities) => ({
        ...activities,
        async settle(input) {
          const settled = await activities.settle(input);
          const other = concerned.get(input.subscriptionId);
          return settled.kind === "conflict" || other === undefined
            ? settled
            : { ...settled, wakes: [other] };
        },
      }),
    },
  });
});
afterAll(() => system.stop());

interface Charge {
  readonly id: string;
  readonly payment_intent: string;
}

/** Bought and paid at the provider; no webhook has told us of it. */
async function boughtUnheard(): Promise<{ readonly id: SubscriptionId; readonly charge: Charge }> {
  const { body } = await createCheckout(system, { receipt: `customer-${randomUUID()}`, tier: "pro" });
  const session = String(body["checkout_url"]).split("/").at(-1);
  await control(system, "POST", "/knobs", { delivery: { drop: 1 } });
  const { subscription } = (await control(system, "POST", `/checkouts/${session}/pay`, {
    card: "4242424242424242",
  })) as { subscription: string };
  await control(system, "POST", "/idle");
  await control(system, "POST", "/knobs/reset");
  const { subscriptions } = (await control(system, "GET", "/books")) as {
    subscriptions: { id: string; charges: Charge[] }[];
  };
  const charge = subscriptions.find(({ id }) => id === subscription)?.charges[0];
  if (charge === undefined) throw new Error("nothing was charged");
  return { id: subscriptionId(String(body["subscription_id"])), charge };
}

/** Sends an event as the provider does, about any object. Gives its id. */
async function sendEvent(type: string, object: object): Promise<string> {
  const { event } = (await control(system, "POST", "/events", { type, object })) as { event: string };
  await control(system, "POST", "/idle");
  return event;
}

const ended = (eventId: string) =>
  eventually(`${eventId} has its end`, async () => {
    const event = await findEvent(system.database.pool, "stripe", eventId);
    return event !== undefined && event.state !== "received" && event;
  });

const routeOf = (eventId: string) =>
  system.temporal.workflow.getHandle(routeEventWorkflowId("stripe", eventId));

describe("an event that names no subscription", () => {
  test.each(["charge.refunded", "refund.created"])(
    "%s of a payment that we never heard of is routed through the provider, and applied",
    async (type) => {
      const { id, charge } = await boughtUnheard();
      await control(system, "POST", "/knobs", { delivery: { drop: 1 } });
      const answer = await fetch(`${system.sandbox.url}/v1/refunds`, {
        method: "POST",
        body: new URLSearchParams({ payment_intent: charge.payment_intent, amount: "1000" }),
        headers: { authorization: "Bearer sk_test_sandbox" },
      });
      const refund = (await answer.json()) as { id: string; charge: string };
      await control(system, "POST", "/idle");
      await control(system, "POST", "/knobs/reset");
      // Of all that happened only this event arrives.
      const object =
        type === "refund.created"
          ? { ...refund, object: "refund" }
          : { id: charge.id, object: "charge", payment_intent: charge.payment_intent };
      const eventId = await sendEvent(type, object);
      expect(await ended(eventId)).toMatchObject({ state: "applied", subscriptionId: id });
      expect(await routeOf(eventId).result()).toBe("routed");
      expect((await reaches(system, id, "active")).subscription.terms.tier).toBe("pro");
      const { rows } = await system.database.pool.query<object>(
        "select id, amount from refunds where subscription_id = $1",
        [id],
      );
      expect(rows).toEqual([{ id: refund.id, amount: 1_000 }]);
    },
  );

  test("R2: what the provider ties to no subscription is ignored, with the reason", async () => {
    const eventId = await sendEvent("charge.refunded", {
      id: "ch_of_another_product",
      object: "charge",
      payment_intent: "pi_of_another_product",
    });
    expect(await ended(eventId)).toMatchObject({
      state: "ignored",
      reason: "the provider ties it to no subscription",
    });
    expect(await routeOf(eventId).result()).toBe("ignored");
    const scheduled = (await eventsOf(routeOf(eventId))).filter(
      (event) => event.activityTaskScheduledEventAttributes,
    );
    expect(scheduled.map(summaryOf)).toEqual(["Find the subscription of an event"]);
  });

  test("R2: while the provider is away it waits, and the sweep has it routed", async () => {
    const { id, charge } = await boughtUnheard();
    await control(system, "POST", "/knobs", {
      errors: [{ match: { method: "GET", path: "/v1/invoice_payments" }, kind: "500" }],
    });
    const eventId = await sendEvent("charge.refunded", {
      id: charge.id,
      object: "charge",
      payment_intent: charge.payment_intent,
    });
    expect(await routeOf(eventId).result()).toBe("left to the sweep");
    expect((await routeOf(eventId).describe()).status.name).toBe("COMPLETED");
    expect(await findEvent(system.database.pool, "stripe", eventId)).toMatchObject({ state: "received" });
    await control(system, "POST", "/knobs/reset");
    expect(await swept(system)).toMatch(/1 routed, 0 left/);
    expect(await ended(eventId)).toMatchObject({ state: "applied", subscriptionId: id });
  });
});

describe("the sweep", () => {
  test("R1: one that cannot be woken keeps nothing from the others", async () => {
    const unheard = [await settledCustomer(system), await settledCustomer(system)] as const;
    const [first, second] = unheard;
    for (const { id } of unheard) {
      await quiet(system, id);
      await system.database.pool.query(
        `insert into commands (subscription_id, id, kind, asked_by, asked_at)
         values ($1, 'left-lying', 'resync', 'maria', now() - interval '1 hour')`,
        [id],
      );
    }
    deaf.set(first.id, 0);
    expect(await swept(system)).toBe("1 woken, 0 routed, 1 left to the next, 0 incidents closed");
    expect(deaf.get(first.id)).toBe(1);
    await answered(second.id);
    deaf.clear();
    expect(await swept(system)).toMatch(/^1 woken, 0 routed, 0 left/);
    await answered(first.id);
  });

  test("its page says what it does", async () => {
    const events = await eventsOf(await sweepNow(system));
    const scheduled = events.filter((event) => event.activityTaskScheduledEventAttributes);
    expect(scheduled.map(summaryOf)).toEqual(["Take up what was left lying"]);
  });
});

test("R9: another subscription that has to be woken is woken by the next try where the first fails", async () => {
  const [one, other] = [await settledCustomer(system), await settledCustomer(system)];
  deaf.set(other.id, 0);
  concerned.set(one.id, other.id);
  await system.gateway.wakeNow(one.id);
  await eventually("it could not be told", async () => (deaf.get(other.id) ?? 0) >= 2);
  const before = signalsOf(await quiet(system, other.id));
  deaf.clear();
  await eventually("it was told", async () => signalsOf(await eventsOf(handleOf(system, other.id))) > before);
  concerned.clear();
});

test("R3: a deleted customer's event waits until each life holds its wake; the sweep tries again", async () => {
  const one = await settledCustomer(system);
  deaf.set(one.id, 0);
  const event = await sendEvent("customer.deleted", { id: one.customerId, object: "customer" });
  await eventually("it could not be told", async () => (deaf.get(one.id) ?? 0) >= 1);
  await system.temporal.workflow.getHandle(routeEventWorkflowId("stripe", event)).result();
  expect((await findEvent(system.database.pool, "stripe", event))?.state).toBe("received");
  const before = signalsOf(await quiet(system, one.id));
  deaf.clear();
  await eventually("the sweep routes it", async () => {
    await sweepNow(system);
    return (await findEvent(system.database.pool, "stripe", event))?.state === "applied";
  });
  expect(signalsOf(await eventsOf(handleOf(system, one.id)))).toBe(before + 1);
});

const answered = (id: SubscriptionId) =>
  eventually(`the command of ${id} is answered`, async () => {
    const { rows } = await system.database.pool.query<{ outcome: object | null }>(
      "select outcome from commands where subscription_id = $1 and id = 'left-lying'",
      [id],
    );
    return rows[0]?.outcome;
  });
