import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkoutId, customerId, receipt, subscriptionId } from "../../domain/ids.ts";
import { DAY } from "../../domain/time.ts";
import * as alerts from "../../store/alerts.ts";
import { notArrived } from "../../store/arrivals.ts";
import * as calls from "../../store/calls.ts";
import * as checkouts from "../../store/checkouts.ts";
import * as checks from "../../store/checks.ts";
import * as commands from "../../store/commands.ts";
import * as customers from "../../store/customers.ts";
import * as events from "../../store/events.ts";
import * as idempotency from "../../store/idempotency.ts";
import { ownerByMates, routeMates } from "../../store/invoice-mates.ts";
import { livesOfCustomer } from "../../store/overview.ts";
import * as payments from "../../store/payments.ts";
import type { Db } from "../../store/pool.ts";
import { findRoute } from "../../store/routes.ts";
import * as subscriptions from "../../store/subscriptions.ts";
import * as timeline from "../../store/timeline.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import { START } from "./rows.ts";

const ROWS = 3_000;
const at = (n: string): string => `('00000000-0000-4000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`;
const uuid = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;

/** Years of business: nearly all of it is over, a little waits. */
const BUSINESS = `
  insert into customers (id, receipt, stripe_customer_id)
    select ${at("n")}, 'customer-' || n, 'cus_' || n from generate_series(1, ${ROWS}) n;
  insert into checkouts (id, customer_id, subscription_id, provider, tier, "interval", quantity, price_id, state,
      session_id, url, next_deadline_at, created_at)
    select ${at("n")}, ${at("n")}, ${at("n")}, 'stripe', 'pro', 'month', 1, 'price', 'complete', 'cs_' || n, 'https://pay',
      case when n % 500 = 0 then timestamptz '2026-01-01' end, now() from generate_series(1, ${ROWS}) n;
  insert into subscriptions (id, customer_id, provider, stripe_subscription_id, stripe_customer_id, tier, price_id, status,
      started_at, since, current_period_start, current_period_end, amount, currency, "interval", quantity, version,
      next_deadline_at)
    select ${at("n")}, ${at("n")}, 'stripe', 'sub_' || n, 'cus_' || n, 'pro', 'price', 'active', now(), now(), now(), now(),
      2900, 'usd', 'month', 1, 1, now() + make_interval(days => n % 30 + 1) from generate_series(1, ${ROWS}) n;
  insert into webhook_events (provider, id, type, payload, subscription_id, state, reason, processed_at, received_at)
    select 'stripe', 'evt_' || n, 'invoice.paid', '{}', case when n % 50 > 0 then ${at("n")} end,
      case when n % 100 = 0 then 'received' when n % 400 = 1 then 'parked' else 'applied' end, 'because',
      case when n % 100 > 0 then now() end, now() - make_interval(secs => n) from generate_series(1, ${ROWS}) n;
  insert into timeline (subscription_id, version, turn_id, at, cause, why, inputs, catalog_version, code_version)
    select ${at("n % 300 + 1")}, n / 300 + 1, 'run/' || n, now(), '{}', 'why', '{}', 1, '0' from generate_series(1, ${ROWS}) n;
  insert into payments (provider, id, subscription_id, invoice_id, status, amount, currency, failed_attempts)
    select 'stripe', 'pi_' || n, ${at("n")}, 'in_' || n, 'succeeded', 2900, 'usd', 0 from generate_series(1, ${ROWS}) n;
  insert into commands (subscription_id, id, kind, asked_by, asked_at, outcome, answered_at)
    select ${at("n")}, 'command', 'resync', 'api', now(), case when n % 100 > 0 then '{}'::jsonb end,
      case when n % 100 > 0 then now() end from generate_series(1, ${ROWS}) n;
  insert into provider_calls (key, subscription_id, command_id, provider, operation, decided, state, result, settled)
    select 'call/' || n, ${at("n")}, 'command', 'stripe', '{}', true, 'done', '{}', true from generate_series(1, ${ROWS}) n;
  insert into alerts (key, kind, subscription_id, text, fields, at)
    select 'alert/' || n, 'payment_failed', ${at("n")}, 'text', '{}', now() from generate_series(1, ${ROWS}) n;
  insert into deliveries (alert_key, channel, delivered_at)
    select 'alert/' || n, 'log', case when n % 500 > 0 then now() end from generate_series(1, ${ROWS}) n;
  insert into subscription_checks (subscription_id, provider, provider_subscription_id, state, differences, since, version)
    select ${at("n")}, 'stripe', 'sub_' || n, case n % 300 when 1 then 'suspected' when 2 then 'confirmed' else 'same' end,
      '{status}', now(), 1 from generate_series(1, ${ROWS}) n;
  insert into idempotency_keys (caller, key, request_sha256, lease_until)
    select 'api', 'key-' || n, 'sha', now() from generate_series(1, ${ROWS}) n;
  analyze;
`;

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query(BUSINESS);
});
afterAll(() => database.drop());

interface Plan {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly Plans?: readonly Plan[];
}

const nodes = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

/** Runs the statements, and tells which tables each of them reads from end to end. */
async function tablesReadWhole(work: (db: Db) => Promise<unknown>): Promise<readonly string[]> {
  const whole: string[] = [];
  const { pool } = database;
  const query = async (statement: string, parameters: unknown[]) => {
    const { rows } = await pool.query<{ "QUERY PLAN": readonly { readonly Plan: Plan }[] }>(
      `explain (format json) ${statement}`,
      parameters,
    );
    const plans = rows.flatMap((row) => row["QUERY PLAN"]).flatMap(({ Plan }) => nodes(Plan));
    expect(plans).not.toEqual([]);
    for (const node of plans) {
      if (node["Node Type"] === "Seq Scan") whole.push(node["Relation Name"] ?? "?");
    }
    return pool.query(statement, parameters);
  };
  // The store calls it in this one of its many forms only.
  await work({ query } as unknown as Db);
  return whole;
}

const ID = subscriptionId(uuid(77));
const CUSTOMER = customerId(uuid(77));
const CHECKOUT = checkoutId(uuid(77));
const NAMED = {
  reference: null,
  subscriptionId: "sub_none",
  sessionId: "cs_none",
  paymentId: "pi_77",
  invoiceId: "in_78",
};

const mailed = (db: Db) => db.query("select * from customers where email = $1", ["a@example.com"]);

describe("no statement of the daily business reads a table from end to end", () => {
  it.each<[string, (db: Db) => Promise<unknown>]>([
    ["findSubscription", (db) => subscriptions.findSubscription(db, ID)],
    ["lockSubscription", (db) => subscriptions.lockSubscription(db, ID)],
    ["subscriptionsOfCustomer", (db) => subscriptions.subscriptionsOfCustomer(db, CUSTOMER)],
    ["subscriptionByProviderId", (db) => subscriptions.subscriptionByProviderId(db, "stripe", "sub_77")],
    [
      "subscriptionsByProviderIds",
      (db) => subscriptions.subscriptionsByProviderIds(db, "stripe", ["sub_77"]),
    ],
    ["listedAs", (db) => checks.listedAs(db, ID)],
    ["livesListed", (db) => checks.livesListed(db, "stripe", START + 10_000 * DAY, ID, 10)],
    ["suspectedSince", (db) => checks.suspectedSince(db, START + 10_000 * DAY, 200)],
    [
      "settleCheck",
      (db) => checks.settleCheck(db, ID, { told: true, differences: [], version: 1, now: START }),
    ],
    ["closeDrifts", (db) => checks.closeDrifts(db, START + 10_000 * DAY, START, 10)],
    ["notArrived", (db) => notArrived(db, "stripe", ["evt_77", "evt_none"])],
    ["livesOfProviderCustomer", (db) => subscriptions.livesOfProviderCustomer(db, "stripe", "cus_77")],
    ["livesOverdue", (db) => subscriptions.livesOverdue(db, START + DAY, 200)],
    ["findCheckout", (db) => checkouts.findCheckout(db, CHECKOUT)],
    ["findCheckoutOf", (db) => checkouts.findCheckoutOf(db, ID)],
    ["findCheckoutBySession", (db) => checkouts.findCheckoutBySession(db, "stripe", "cs_77")],
    ["findOpenCheckout", (db) => checkouts.findOpenCheckout(db, CUSTOMER)],
    ["lockCheckoutOf", (db) => checkouts.lockCheckoutOf(db, ID)],
    ["findCheckoutDeadline", (db) => checkouts.findCheckoutDeadline(db, ID)],
    ["replaceCheckout", (db) => checkouts.replaceCheckout(db, CHECKOUT)],
    ["lockCustomerByReceipt", (db) => customers.lockCustomerByReceipt(db, receipt("customer-77"), null)],
    ["lockCustomerByProviderId", (db) => customers.lockCustomerByProviderId(db, "stripe", "cus_77")],
    ["saveProviderCustomer", (db) => customers.saveProviderCustomer(db, CUSTOMER, "stripe", "cus_77")],
    ["saveLiveSubscription", (db) => customers.saveLiveSubscription(db, CUSTOMER, ID)],
    ["findEvent", (db) => events.findEvent(db, "stripe", "evt_77")],
    ["listEvents", (db) => events.listEvents(db, { limit: 50 })],
    ["listEvents parked", (db) => events.listEvents(db, { state: "parked", limit: 50 })],
    ["routeEventTo", (db) => events.routeEventTo(db, "stripe", "evt_100", ID, {})],
    ["unappliedEvents", (db) => events.unappliedEvents(db, ID, 100)],
    ["hasUnappliedEvents", (db) => events.hasUnappliedEvents(db, ID)],
    ["endEvent", (db) => events.endEvent(db, "stripe", "evt_100", "applied", null)],
    ["unparkEvents", (db) => events.unparkEvents(db, ID)],
    ["subscriptionsWaiting", (db) => events.subscriptionsWaiting(db, 30, 200)],
    ["eventsUnrouted", (db) => events.eventsUnrouted(db, 30, 200)],
    ["oldestUnappliedSeconds", events.oldestUnappliedSeconds],
    ["findRoute", (db) => findRoute(db, "stripe", NAMED)],
    ["ownerByMates", (db) => ownerByMates(db, "stripe", "in_78")],
    ["routeMates", (db) => routeMates(db, "stripe", ID, { subscriptionId: "sub_77", invoiceId: "in_78" })],
    ["isRecorded", (db) => timeline.isRecorded(db, "run/77")],
    ["timelineOf", (db) => timeline.timelineOf(db, ID)],
    ["whyOf", (db) => timeline.whyOf(db, ID)],
    ["entriesAfter", (db) => timeline.entriesAfter(db, ID, 1, 50)],
    ["entriesOfSeveral", (db) => timeline.entriesOfSeveral(db, [ID], null, 50)],
    ["livesOfCustomer", (db) => livesOfCustomer(db, CUSTOMER)],
    ["findCustomerByReceipt", (db) => customers.findCustomerByReceipt(db, receipt("customer-77"))],
    ["paymentsOfSubscription", (db) => payments.paymentsOfSubscription(db, ID)],
    ["openCommands", (db) => commands.openCommands(db, ID)],
    ["outcomesOf", (db) => commands.outcomesOf(db, ID, ["command"])],
    ["subscriptionsAsked", (db) => commands.subscriptionsAsked(db, START + DAY, 200)],
    ["pendingCalls", (db) => calls.pendingCalls(db, ID)],
    ["finishedCalls", (db) => calls.finishedCalls(db, ID)],
    ["settleCalls", (db) => calls.settleCalls(db, ["call/77"])],
    ["attemptOf", (db) => calls.attemptOf(db, "call/77", ID, "stripe")],
    ["announcedKeys", (db) => alerts.announcedKeys(db, ID)],
    ["hasUndelivered", (db) => alerts.hasUndelivered(db, ID)],
    ["undelivered of one", (db) => alerts.undelivered(db, "log", ID, 100)],
    ["undelivered of all", (db) => alerts.undelivered(db, "log", null, 100)],
    ["markRefused", (db) => alerts.markRefused(db, "alert/77", "log", "why")],
    ["addressOfAlert", (db) => alerts.addressOfAlert(db, "alert/77")],
    ["claimDelivery", (db) => alerts.claimDelivery(db, "alert/77", "log", 1_000)],
    ["claimKey", (db) => idempotency.claimKey(db, "api", "key-77", "sha")],
    ["answerKey", (db) => idempotency.answerKey(db, "api", "key-77", 200, {})],
  ])("%s", async (_name, work) => {
    await expect(tablesReadWhole(work)).resolves.toEqual([]);
  });

  it("and a table that is read whole is told", async () => {
    await expect(tablesReadWhole(mailed)).resolves.toEqual(["customers"]);
  });
});
