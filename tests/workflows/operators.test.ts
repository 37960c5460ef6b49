import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type SubscriptionId, subscriptionId } from "../../domain/ids.ts";
import type { SubscriptionRow } from "../../store/subscription-row.ts";
import { SEARCH_ATTRIBUTES } from "../../temporal/search-attributes.ts";
import { subscriptionWorkflowId } from "../../workflows/contract.ts";
import { allApplied, control, createCheckout, eventually, reaches } from "../setup/customer.ts";
import { type System, startSystem } from "../setup/system.ts";
import { byHand } from "./by-hand.ts";
import { atRest, detailsOf, eventsOf, type HistoryEvent, handleOf, summaryOf } from "./history.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

/** Which workflows the list shows for a query; the list is a little behind the truth. */
const listed = (query: string, id: SubscriptionId): Promise<true> =>
  eventually(`${id} is listed by ${query}`, async () => {
    for await (const { workflowId } of system.temporal.workflow.list({ query })) {
      if (workflowId === subscriptionWorkflowId(id)) return true;
    }
    return false;
  });

async function attributesOf(id: SubscriptionId): Promise<Readonly<Record<string, unknown>>> {
  const { typedSearchAttributes } = await handleOf(system, id).describe();
  return Object.fromEntries(
    typedSearchAttributes
      .getAll()
      .filter(({ key }) => key.name in SEARCH_ATTRIBUTES)
      .map(({ key, value }) => [key.name, value]),
  );
}

const iso = (at: number | null | undefined): string => new Date(at ?? Number.NaN).toISOString();

describe("in the Temporal Web UI an operator sees", () => {
  const receipt = `customer-${randomUUID()}`;
  let id: SubscriptionId;
  let session: string;
  let row: SubscriptionRow;

  test("a checkout that is open", async () => {
    const { body } = await createCheckout(system, { receipt, tier: "pro", email: "someone@example.com" });
    id = subscriptionId(String(body["subscription_id"]));
    session = String(body["checkout_url"]).split("/").at(-1) ?? "";
    await atRest(system, id);
    expect(await attributesOf(id)).toEqual({
      BillingStatus: "checkout",
      BillingProvider: "stripe",
      BillingTier: "pro",
      BillingReceipt: receipt,
      NeedsAttention: false,
    });
    const { rows } = await system.database.pool.query<{ next_deadline_at: number }>(
      "select next_deadline_at from checkouts where subscription_id = $1",
      [id],
    );
    expect(await detailsOf(handleOf(system, id))).toBe(
      [
        "**State:** checkout",
        "**Since:** not yet",
        "**Why:** The checkout is open",
        `**Next deadline:** ${iso(rows[0]?.next_deadline_at)}`,
      ].join("\n\n"),
    );
    await listed("BillingStatus = 'checkout'", id);
  });

  test("a subscription that is active", async () => {
    await control(system, "POST", `/checkouts/${session}/pay`, { card: "4242424242424242" });
    row = await reaches(system, id, "active");
    await allApplied(system);
    await atRest(system, id);
    const { terms, period, since } = row.subscription;
    expect(await attributesOf(id)).toEqual({
      BillingStatus: "active",
      BillingProvider: "stripe",
      BillingTier: "pro",
      BillingReceipt: receipt,
      ProviderSubscriptionId: terms.providerSubscriptionId,
      NeedsAttention: false,
      PeriodEnd: new Date(period.end),
    });
    expect(await detailsOf(handleOf(system, id))).toBe(
      [
        "**State:** active",
        `**Since:** ${iso(since)}`,
        "**Why:** The provider has a subscription, active (29.00 USD paid)",
        `**Next deadline:** ${iso(row.nextDeadline)}`,
      ].join("\n\n"),
    );
    await listed(`ProviderSubscriptionId = '${terms.providerSubscriptionId}'`, id);
  });

  test("one that is past due", async () => {
    const { providerCustomerId } = row.subscription.terms;
    await control(system, "POST", `/customers/${providerCustomerId}/card`, { card: "4000000000000341" });
    await control(system, "POST", "/advance", { months: 1, hours: 2 });
    row = await reaches(system, id, "past_due");
    await allApplied(system);
    await atRest(system, id);
    expect(await attributesOf(id)).toMatchObject({
      BillingStatus: "past_due",
      PeriodEnd: new Date(row.subscription.period.end),
    });
    const details = await detailsOf(handleOf(system, id));
    expect(details).toContain(
      "**Why:** The provider changed it: active → past_due (payment of 29.00 USD failed, attempt 1; the customer is told",
    );
    expect(details).toContain(`**Next deadline:** ${iso(row.nextDeadline)}`);
    await listed("BillingStatus = 'past_due'", id);
  });

  test("one that needs attention", async () => {
    await system.database.pool.query("update subscriptions set needs_attention = 'planted' where id = $1", [
      id,
    ]);
    await byHand(handleOf(system, id), "resync", '{"by": "maria"}');
    expect(await attributesOf(id)).toMatchObject({ NeedsAttention: true });
    expect(await detailsOf(handleOf(system, id))).toContain("**Needs attention:** planted");
    await listed("NeedsAttention = true", id);
  });

  test("the workflow's page, with its history, and what it can be asked", async () => {
    const { runId } = await handleOf(system, id).describe();
    const place = `/namespaces/${system.namespace}/workflows/${encodeURIComponent(subscriptionWorkflowId(id))}`;
    const page = await fetch(`${inject("temporalUiUrl")}${place}/${runId}/history`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("<html");
    const workflow = await fetch(`${inject("temporalUiUrl")}/api/v1${place}?execution.runId=${runId}`);
    expect(await workflow.json()).toMatchObject({
      workflowExecutionInfo: { type: { name: "subscription" }, status: "WORKFLOW_EXECUTION_STATUS_RUNNING" },
    });
    const history = await fetch(`${inject("temporalUiUrl")}/api/v1${place}/history?execution.runId=${runId}`);
    const shown = (await history.json()) as { history: { events: readonly object[] } };
    expect(shown.history.events).toHaveLength((await eventsOf(handleOf(system, id))).length);
    const { definition } = await handleOf(system, id).query<{
      definition: { updateDefinitions: { name: string; description: string }[] };
    }>("__temporal_workflow_metadata");
    for (const name of ["cancel", "resync", "unpark"]) {
      const update = definition.updateDefinitions.find((each) => each.name === name);
      expect(update?.description).toContain('{"by": "your name"');
    }
  });

  test("what came of it, when it has ended", async () => {
    expect(await byHand(handleOf(system, id), "cancel", '{"by": "maria"}')).toMatchObject({ state: "done" });
    const { subscription } = await reaches(system, id, "canceled");
    expect(await handleOf(system, id).result()).toEqual({
      subscriptionId: id,
      state: "canceled",
      since: iso(subscription.since),
      why: expect.stringMatching(/^The provider changed it: past_due → canceled/),
      nextDeadline: null,
      needsAttention: "planted",
    });
    await listed("BillingStatus = 'canceled' and ExecutionStatus = 'Completed'", id);
  });

  test("a summary at each activity and each timer", async () => {
    const events = await eventsOf(handleOf(system, id));
    const acts = events.filter(
      (event) =>
        event.activityTaskScheduledEventAttributes ??
        event.timerStartedEventAttributes ??
        event.markerRecordedEventAttributes,
    );
    expect(new Set(acts.map(kindOf))).toEqual(
      new Set(["observe", "core_local_activity", "perform", "deliver", "timer"]),
    );
    for (const event of acts) expect(summaryOf(event), kindOf(event)).toMatch(/^[A-Z][a-z ,]+$/);
  });

  test("places in lists written only when they changed", async () => {
    const events = await eventsOf(handleOf(system, id));
    // checkout, active, past due, in need of attention, canceled; renewed with past due or just before it.
    const written = events.filter((event) => event.upsertWorkflowSearchAttributesEventAttributes).length;
    expect(written).toBeGreaterThanOrEqual(5);
    expect(written).toBeLessThanOrEqual(7);
  });
});

const kindOf = (event: HistoryEvent): string =>
  event.activityTaskScheduledEventAttributes?.activityType?.name ??
  event.markerRecordedEventAttributes?.markerName ??
  "timer";
