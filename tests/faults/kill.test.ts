import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SubscriptionId } from "../../domain/ids.ts";
import { subscriptionId } from "../../domain/ids.ts";
import { findSubscription } from "../../store/subscriptions.ts";
import { differences } from "../setup/compare-books.ts";
import { allApplied, control, createCheckout, eventually, reaches, subscribe } from "../setup/customer.ts";
import { booksOf, requestsOf, type SandboxRequest } from "../setup/sandbox-account.ts";
import { type System, startSystem } from "../setup/system.ts";
import { playWhileKilled } from "./kill-story.ts";
import { startWorkerProgram, wasUsed } from "./programs.ts";
import { type Slack, startSlack } from "./slack.ts";

/**
 * The worker dies by `kill -9` at a named point in the middle of somebody's business, and the next one starts clean.
 * All points are used on one system one after the other, so that what the dead left is recovered together. How long that
 * takes is bounded by Temporal's time-outs of what the dead had in hand: 10 s for a turn's record (a workflow task) and
 * for a call (its heartbeat), 15 s for a look or a message.
 */
const POINTS = [
  "after_call/create_customer",
  "after_call/open_session",
  "after_call/cancel_subscription",
  "after_settle",
  "after_slack",
] as const;

const RECOVERY_MS = 40_000;

let folder: string;
let slack: Slack;
let system: System;
let another: System;
/** Who asked for a page while the worker died: by receipt, what came of the same request in the end. */
const opened = new Map<string, { readonly checkout: string }>();
let leaver: { readonly id: SubscriptionId };
let buyer: SubscriptionId;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "perennial-kill-"));
  slack = await startSlack();
  system = await startSystem({ sweepEveryMs: 1_000, env: { SLACK_WEBHOOK_URL: slack.url } });
  another = await startSystem({ sweepEveryMs: 1_000, worker: false });
  // Both wait for time-outs most of the time.
  await Promise.all([playWithPoints(), playWhileKilled(another)]);
}, 240_000);

afterAll(async () => {
  await system.stop();
  await another.stop();
  await slack.stop();
  await rm(folder, { recursive: true, force: true });
});

test.each(POINTS)("R6: a worker died at %s", (point) => {
  expect(wasUsed({ point, folder })).toBe(true);
});

test("R6: killed after the provider has made the customer: it is found, and made once", async () => {
  const requests = await requestsOf(system);
  const { customers } = await booksOf(system);
  expect(customers).toBe(5);
  // Five receipts, five requests; who was killed has read the list before going on.
  expect(requests.filter((each) => is(each, "POST", "/v1/customers"))).toHaveLength(5);
  expect(requests.some((each) => is(each, "GET", "/v1/customers"))).toBe(true);
});

test("R6: killed after the provider has opened the page: it is found, and the customer has one", async () => {
  const requests = await requestsOf(system);
  const { sessions } = await booksOf(system);
  for (const { checkout } of opened.values()) {
    expect(sessions.filter((each) => each.client_reference_id === checkout)).toHaveLength(1);
    const asked = requests.filter(
      (each) => is(each, "POST", "/v1/checkout/sessions") && JSON.stringify(each.params).includes(checkout),
    );
    expect(asked).toHaveLength(1);
  }
  expect(requests.some((each) => is(each, "GET", "/v1/checkout/sessions"))).toBe(true);
});

test("R6: killed after the provider has cancelled: it is asked once, and read before anything else", async () => {
  const row = await findSubscription(system.database.pool, leaver.id);
  const path = `/v1/subscriptions/${row?.subscription.terms.providerSubscriptionId}`;
  const requests = (await requestsOf(system)).filter((each) => each.path === path);
  expect(requests.filter(({ method }) => method === "DELETE")).toHaveLength(1);
  expect(requests.at(-1)?.method).toBe("GET");
  const { rows } = await system.database.pool.query(
    "select outcome->>'state' as state from commands where subscription_id = $1 and id = 'cancel-1'",
    [leaver.id],
  );
  expect(rows).toEqual([{ state: "done" }]);
});

test("R5: killed after settle's commit: the turn run again finds itself, and every event counts once", async () => {
  const { rows } = await system.database.pool.query<{ id: string; entries: number }>(
    `select event->>'id' as id, count(*)::int as entries
     from timeline, jsonb_array_elements(cause->'events') event
     where subscription_id = $1 group by 1`,
    [buyer],
  );
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.filter(({ entries }) => entries !== 1)).toEqual([]);
  const { rows: alerts } = await system.database.pool.query(
    "select kind, count(*)::int as alerts from alerts where subscription_id = $1 group by kind order by kind",
    [buyer],
  );
  expect(alerts).toEqual([
    { kind: "checkout_started", alerts: 1 },
    { kind: "subscription_started", alerts: 1 },
  ]);
});

test("R6: killed after Slack's 200: that message comes twice with the same key, every other once", async () => {
  const { rows } = await system.database.pool.query<{ key: string }>(
    "select key from alerts where audience = 'operators' and not superseded order by key",
  );
  const times = rows.map(({ key }) => slack.keys.filter((each) => each === key).length);
  expect(slack.keys.filter((key) => !rows.some((row) => row.key === key))).toEqual([]);
  expect(times.toSorted((a, b) => a - b)).toEqual([...times.slice(1).map(() => 1), 2]);
});

test("the database and the sandbox's books agree: one subscription and one charge for each who paid", async () => {
  const { subscriptions } = await booksOf(system);
  expect(subscriptions.map(({ charges }) => charges.length)).toEqual([1, 1]);
  expect(await differences(system)).toEqual([]);
});

test("R5, R6: whenever else the worker is killed, the books agree in the end", async () => {
  expect(await differences(another)).toEqual([]);
  const { subscriptions, customers, sessions } = await booksOf(another);
  expect(customers).toBe(4);
  expect(subscriptions.map(({ status }) => status).toSorted()).toEqual([
    "active",
    "active",
    "active",
    "canceled",
  ]);
  // She who changed her mind has asked for two pages, of which one was expired; everybody else for one.
  expect(sessions.map(({ status }) => status).toSorted()).toEqual([
    "complete",
    "complete",
    "complete",
    "complete",
    "expired",
  ]);
  const { rows } = await another.database.pool.query(
    `select event->>'id' as id from timeline, jsonb_array_elements(cause->'events') event
     group by 1 having count(*) > 1`,
  );
  expect(rows).toEqual([]);
});

async function playWithPoints(): Promise<void> {
  leaver = await subscribe(system, { receipt: "leaver" });
  const page = await ask("buyer");
  buyer = subscriptionId(String(page.body["subscription_id"]));
  await system.stopWorker();

  await dieAt("after_call/create_customer", () => ask("new-customer"));
  await dieAt("after_call/open_session", () => ask("new-session"));
  await dieAt("after_call/cancel_subscription", () =>
    system.gateway.command(leaver.id, "cancel", "cancel-1", { by: "maria" }, 1_000).catch(() => undefined),
  );
  await dieAt("after_settle", () => pay(page.body));
  await dieAt("after_slack", () => ask("newcomer"));

  const worker = await startWorkerProgram(system);
  try {
    await Promise.all(["new-customer", "new-session", "newcomer"].map(openedAfterAll));
    await reaches(system, buyer, "active");
    await reaches(system, leaver.id, "canceled");
    await allApplied(system);
    await eventually("every alert is delivered", async () => (await owed()) === 0, RECOVERY_MS);
  } finally {
    await worker.stop();
  }
}

/** Runs a worker that dies there while somebody does something. */
async function dieAt(point: (typeof POINTS)[number], act: () => Promise<unknown>): Promise<void> {
  const worker = await startWorkerProgram(system, { point, folder });
  const acted = act();
  await worker.died();
  await acted;
}

const ask = (receipt: string) =>
  createCheckout(system, { receipt, tier: "pro", email: "someone@example.com" }, `key-of-${receipt}`);

async function openedAfterAll(receipt: string): Promise<void> {
  const { body } = await eventually(
    `${receipt} has a page`,
    async () => {
      const answer = await ask(receipt);
      return answer.status === 200 && answer;
    },
    RECOVERY_MS,
  );
  opened.set(receipt, { checkout: String(body["checkout_id"]) });
}

const pay = (body: Readonly<Record<string, unknown>>): Promise<unknown> =>
  control(system, "POST", `/checkouts/${String(body["checkout_url"]).split("/").at(-1)}/pay`, {
    card: "4242424242424242",
  });

async function owed(): Promise<number> {
  const { rows } = await system.database.pool.query<{ owed: number }>(
    "select count(*)::int as owed from deliveries where delivered_at is null",
  );
  return rows[0]?.owed ?? -1;
}

const is = (request: SandboxRequest, method: string, path: string): boolean =>
  request.method === method && request.path === path;
