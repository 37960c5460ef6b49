import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SubscriptionId } from "../../domain/ids.ts";
import { findSubscription } from "../../store/subscriptions.ts";
import { timelineOf } from "../../store/timeline.ts";
import { allApplied, control, eventually, reaches } from "../setup/customer.ts";
import { type System, startSystem } from "../setup/system.ts";
import { byHand, type Customer, cancelsOf, settledCustomer } from "./by-hand.ts";
import { atRest, brokenTasksOf, eventsOf, handleOf, timesOf } from "./history.ts";
import { swept } from "./swept.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

interface Books {
  readonly subscriptions: readonly {
    readonly id: string;
    readonly status: string;
    readonly charges: readonly { readonly payment_intent: string }[];
    readonly refunded: number;
  }[];
  readonly sessions: readonly { readonly customer: string }[];
}

async function booksOf({ providerId, customerId }: Customer) {
  const { subscriptions, sessions } = (await control(system, "GET", "/books")) as Books;
  return {
    subscription: subscriptions.find(({ id }) => id === providerId),
    sessions: sessions.filter(({ customer }) => customer === customerId).length,
  };
}

/** As from Stripe's dashboard. */
async function refund(paymentIntent: string): Promise<void> {
  const answer = await fetch(`${system.sandbox.url}/v1/refunds`, {
    method: "POST",
    body: new URLSearchParams({ payment_intent: paymentIntent }),
    headers: { authorization: "Bearer sk_test_sandbox" },
  });
  expect(answer.status).toBe(200);
}

async function alertsOf(id: SubscriptionId) {
  const { rows } = await system.database.pool.query<{ key: string; channel: string; attempts: number }>(
    `select key, channel, attempts from alerts join deliveries on alert_key = key
     where subscription_id = $1 and delivered_at is not null order by key, channel`,
    [id],
  );
  return rows;
}

const ended = (customer: Customer) =>
  system.gateway.command(customer.id, "cancel", randomUUID(), { by: "maria" }, 20_000);

test("R8: after the end a refund is recorded and announced, and nothing comes back to life", async () => {
  const customer = await settledCustomer(system);
  const { id } = customer;
  expect(await ended(customer)).toMatchObject({ state: "done" });
  await handleOf(system, id).result();
  const { runId } = await handleOf(system, id).describe();
  const { subscription } = await booksOf(customer);
  await refund(subscription?.charges[0]?.payment_intent ?? "");
  await eventually("the refund is announced", async () =>
    (await alertsOf(id)).some(({ key }) => key.startsWith("refund_recorded:")),
  );
  expect(await allApplied(system)).not.toHaveProperty("parked");
  const { rows } = await system.database.pool.query<object>(
    "select amount, currency, status from refunds where subscription_id = $1",
    [id],
  );
  expect(rows).toEqual([{ amount: 2_900, currency: "usd", status: "succeeded" }]);
  const late = handleOf(system, id);
  expect((await late.describe()).runId).not.toBe(runId);
  expect(await late.result()).toMatchObject({ state: "canceled", nextDeadline: null });
  expect((await findSubscription(system.database.pool, id))?.subscription.status).toBe("canceled");
});

test("R8: a wake after the end starts a run that finds the end and stops", async () => {
  const customer = await settledCustomer(system);
  await ended(customer);
  await handleOf(system, customer.id).result();
  const before = await findSubscription(system.database.pool, customer.id);
  await system.gateway.wakeNow(customer.id);
  const handle = handleOf(system, customer.id);
  expect(await handle.result()).toMatchObject({ state: "canceled" });
  expect(timesOf(await eventsOf(handle), "perform")).toBe(0);
  expect(await findSubscription(system.database.pool, customer.id)).toEqual(before);
});

test("a workflow of a subscription that nobody knows ends and says so", async () => {
  const id = randomUUID() as SubscriptionId;
  await system.gateway.wakeNow(id);
  expect(await handleOf(system, id).result()).toEqual({
    subscriptionId: id,
    state: "none",
    since: null,
    why: "Not known to us",
    nextDeadline: null,
    needsAttention: null,
  });
});

test("R7: one that was terminated is started again by the sweep, from its row, five minutes after its deadline", async () => {
  const customer = await settledCustomer(system);
  const { id } = customer;
  await handleOf(system, id).terminate("planted");
  const { runId } = await handleOf(system, id).describe();
  // Three hours after the renewal is the deadline. The clock's own wake is what must not be needed here.
  const row = await findSubscription(system.database.pool, id);
  await system.stopApi();
  await control(system, "POST", "/knobs", { delivery: { drop: 1 } });
  await system.database.pool.query("update subscriptions set next_deadline_at = $2 where id = $1", [
    id,
    new Date((await nowOf()) - 4 * 60_000),
  ]);
  await swept(system);
  expect((await handleOf(system, id).describe()).runId).toBe(runId);
  await system.database.pool.query("update subscriptions set next_deadline_at = $2 where id = $1", [
    id,
    new Date((await nowOf()) - 6 * 60_000),
  ]);
  expect(await swept(system)).toMatch(/^1 woken, 0 routed, 0 left/);
  await atRest(system, id);
  const { runId: next, status } = await handleOf(system, id).describe();
  expect(next).not.toBe(runId);
  expect(status.name).toBe("RUNNING");
  expect((await findSubscription(system.database.pool, id))?.nextDeadline).toBe(row?.nextDeadline);
  await control(system, "POST", "/knobs/reset");
  await system.startApi();
});

/** The system's time, in milliseconds. */
const nowOf = async (): Promise<number> => ((await control(system, "GET", "")) as { now: number }).now;

/** What an operator does who resets it in the Web UI: everything since its first task is done again. */
async function resetToStart(id: SubscriptionId): Promise<string> {
  const handle = handleOf(system, id);
  const { runId } = await handle.describe();
  const firstTask = (await eventsOf(handle)).find((event) => event.workflowTaskCompletedEventAttributes);
  const reset = await system.temporal.workflowService.resetWorkflowExecution({
    namespace: system.namespace,
    workflowExecution: { workflowId: handle.workflowId, runId },
    reason: "planted",
    requestId: randomUUID(),
    workflowTaskFinishEventId: firstTask?.eventId ?? null,
  });
  return reset.runId;
}

/** All that somebody could see of it: at the provider, in the database, in the channels. */
const visible = async (customer: Customer) => ({
  books: await booksOf(customer),
  alerts: await alertsOf(customer.id),
  row: await findSubscription(system.database.pool, customer.id),
  timeline: (await timelineOf(system.database.pool, customer.id)).filter(({ from, to }) => from !== to),
});

test("R6: one that is reset to its beginning does nothing twice, and lives on", async () => {
  const customer = await settledCustomer(system);
  const { id, providerId } = customer;
  const before = await visible(customer);
  expect(before.alerts).not.toEqual([]);
  const runId = await resetToStart(id);
  await eventually("the new run has taken its turn", async () => {
    const events = await atRest(system, id);
    return (await handleOf(system, id).describe()).runId === runId && timesOf(events, "settle") > 0;
  });
  expect(await visible(customer)).toEqual(before);
  expect(brokenTasksOf(await eventsOf(handleOf(system, id)))).toEqual([]);
  await control(system, "POST", `/subscriptions/${providerId}/cancel`);
  await reaches(system, id, "canceled");
  expect(await handleOf(system, id).result()).toMatchObject({ state: "canceled" });
});

test("R6: one that is reset after its end cancels, charges and announces nothing again", async () => {
  const customer = await settledCustomer(system);
  const { id, providerId } = customer;
  expect(await byHand(handleOf(system, id), "cancel", '{"by": "maria"}')).toMatchObject({ state: "done" });
  await handleOf(system, id).result();
  await allApplied(system);
  const before = await visible(customer);
  const runId = await resetToStart(id);
  expect(await handleOf(system, id, runId).result()).toMatchObject({ state: "canceled" });
  expect(await visible(customer)).toEqual(before);
  expect(await cancelsOf(system, providerId)).toBe(1);
});
