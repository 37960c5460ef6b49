import { randomUUID } from "node:crypto";
import type { Client, WorkflowHandle } from "@temporalio/client";
import { historyToJSON } from "@temporalio/common/lib/proto-utils.js";
import { withStage } from "../../cli/demo/with-stage.ts";
import { until } from "../../cli/embedded/until.ts";
import { sandboxControl } from "../../cli/sandbox-control.ts";
import type { Stage } from "../../cli/stage.ts";
import { type SubscriptionId, subscriptionId } from "../../domain/ids.ts";
import type { Status } from "../../domain/status.ts";
import { oldestUnappliedSeconds } from "../../store/events.ts";
import type { Pool } from "../../store/pool.ts";
import { findSubscription } from "../../store/subscriptions.ts";
import { createClient } from "../../temporal/connect.ts";
import type { Gateway } from "../../temporal/gateway.ts";
import { routeEventWorkflowId } from "../../workflows/contract.ts";
import { eventsOf, handleOf, isAtRest } from "./history.ts";
import { sweepNow } from "./swept.ts";

const WORKS = "4242424242424242";
const DECLINES = "4000000000000341";
const LIMIT_MS = 60_000;

/** One history of each kind, as JSON by name. */
export function recordAll(stage: Stage, address: string): Promise<ReadonlyMap<string, string>> {
  const temporal = createClient({ connectionOptions: { address }, namespace: "default" });
  return withStage(stage, async ({ pool, gateway }) => {
    try {
      return await play({ stage, pool, gateway, temporal, sandbox: sandboxControl(stage.sandboxUrl) });
    } finally {
      await temporal.connection.close();
    }
  });
}

interface Scene {
  readonly stage: Stage;
  readonly pool: Pool;
  readonly gateway: Gateway;
  readonly temporal: Client;
  readonly sandbox: ReturnType<typeof sandboxControl>;
}

/** Keeps a history under a name. */
type Keep = (name: string, handle: WorkflowHandle) => Promise<void>;

async function play(scene: Scene): Promise<ReadonlyMap<string, string>> {
  const histories = new Map<string, string>();
  const record: Keep = async (name, handle) => void histories.set(name, await jsonOf(handle));
  await leaving(scene, record);
  await recovering(scene, record);
  await keeping(scene, record);
  await unparking(scene, record);
  await continuing(scene, record);
  await expiring(scene, record);
  await routing(scene, record);
  return histories;
}

/** Buys, renews, leaves, and is refunded after that. */
async function leaving(scene: Scene, record: Keep): Promise<void> {
  const { pool, sandbox } = scene;
  const { id, providerId } = await customer(scene);
  await record("active", await resting(scene, id));
  await sandbox.advance({ months: 1, hours: 2 });
  await applied(scene);
  await record("renewed", await resting(scene, id));
  const run = await currentRun(scene, id);
  await command(scene, id, "cancel");
  await run.result();
  await record("canceled", run);
  await applied(scene);
  await sandbox.refund(await chargeOf(scene, providerId), 1_000);
  await found("the refund is recorded", async () => {
    const { rowCount } = await pool.query("select from refunds where subscription_id = $1", [id]);
    return rowCount === 1;
  });
  const late = handleOf(scene, id);
  await late.result();
  await record("refunded-after-end", late);
}

/** Does not pay, then does. */
async function recovering(scene: Scene, record: Keep): Promise<void> {
  const { pool, sandbox } = scene;
  const { id, customerId } = await customer(scene);
  await sandbox.putCard(customerId, DECLINES);
  await sandbox.advance({ months: 1, hours: 2 });
  await reaches(pool, id, "past_due");
  await sandbox.putCard(customerId, WORKS);
  const { subscriptions } = await sandbox.books();
  const unpaid = subscriptions
    .flatMap(({ invoices }) => invoices)
    .findLast(({ status }) => status === "open");
  await sandbox.payInvoice(unpaid?.id ?? "");
  await reaches(pool, id, "active");
  await record("recovered", await resting(scene, id));
}

/** Is cancelled while the provider is away. */
async function keeping(scene: Scene, record: Keep): Promise<void> {
  const { pool, sandbox, stage } = scene;
  const { id, providerId } = await customer(scene);
  const run = await currentRun(scene, id);
  const path = `/v1/subscriptions/${providerId}`;
  await sandbox.knobs({ errors: [{ match: { method: "DELETE", path }, kind: "503" }] });
  const { state } = await command(scene, id, "cancel");
  if (state !== "pending") throw new Error(`the command is ${state} while the provider is away`);
  await fetch(`${stage.sandboxUrl}/sandbox/knobs/reset`, { method: "POST" });
  await reaches(pool, id, "canceled");
  await run.result();
  await record("pending-command", run);
}

/** Has events put back, and is looked at after a click on Cancel in the Web UI. */
async function unparking(scene: Scene, record: Keep): Promise<void> {
  const { id } = await customer(scene);
  await scene.pool.query(
    "update webhook_events set state = 'parked', reason = 'planted' where subscription_id = $1",
    [id],
  );
  await command(scene, id, "unpark");
  await applied(scene);
  await record("unparked", await resting(scene, id));
  await handleOf(scene, id).cancel();
  await command(scene, id, "resync");
  await record("cancel-clicked", await resting(scene, id));
}

/** Is woken until another run goes on. */
async function continuing(scene: Scene, record: Keep): Promise<void> {
  const { id } = await customer(scene);
  const run = await currentRun(scene, id);
  await found("another run has followed", async () => {
    await scene.gateway.wakeNow(id);
    return (await run.describe()).status.name === "CONTINUED_AS_NEW";
  });
  await record("continued", run);
  await record("continuation", await resting(scene, id));
}

/** Does not pay at the checkout. */
async function expiring(scene: Scene, record: Keep): Promise<void> {
  const { id } = await checkout(scene);
  const run = await currentRun(scene, id);
  await scene.sandbox.advance({ days: 2 });
  await run.result();
  await record("checkout-expired", run);
}

/** An event of which only the provider can say whose it is: nobody's. Then the sweep. */
async function routing(scene: Scene, record: Keep): Promise<void> {
  const { stage, temporal } = scene;
  const answer = await fetch(`${stage.sandboxUrl}/sandbox/events`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      type: "charge.refunded",
      object: { id: "ch_of_another_product", object: "charge", payment_intent: "pi_of_another_product" },
    }),
  });
  const { event } = (await answer.json()) as { event: string };
  await applied(scene);
  const route = temporal.workflow.getHandle(routeEventWorkflowId("stripe", event));
  await route.result();
  await record("route-event", route);
  await record("sweep", await sweepNow(scene));
}

const command = ({ gateway }: Scene, id: SubscriptionId, name: "cancel" | "resync" | "unpark") =>
  gateway.command(id, name, randomUUID(), { by: "maria", why: "asked by phone" }, LIMIT_MS);

/** The run that goes on now; another may follow it at any moment. */
async function currentRun(scene: Scene, id: SubscriptionId): Promise<WorkflowHandle> {
  const { runId } = await handleOf(scene, id).describe();
  return handleOf(scene, id, runId);
}

async function checkout({ stage }: Scene): Promise<{ readonly id: SubscriptionId; readonly url: string }> {
  const answer = await fetch(`${stage.apiUrl}/api/billing/create-checkout`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${stage.environment["BILLING_API_KEY"] ?? ""}`,
      "idempotency-key": randomUUID(),
      "content-type": "application/json",
    },
    body: JSON.stringify({ receipt: `customer-${randomUUID()}`, tier: "pro", email: "someone@example.com" }),
  });
  const body = (await answer.json()) as Record<string, unknown>;
  return { id: subscriptionId(String(body["subscription_id"])), url: String(body["checkout_url"]) };
}

/** Somebody who has bought: the workflow is at rest. */
async function customer(scene: Scene) {
  const { id, url } = await checkout(scene);
  await scene.sandbox.pay(url, WORKS);
  const row = await reaches(scene.pool, id, "active");
  await applied(scene);
  await resting(scene, id);
  const { providerSubscriptionId, providerCustomerId } = row.subscription.terms;
  return { id, providerId: providerSubscriptionId, customerId: providerCustomerId };
}

async function chargeOf({ sandbox }: Scene, providerId: string): Promise<string> {
  const { subscriptions } = await sandbox.books();
  return subscriptions.find(({ id }) => id === providerId)?.charges[0]?.payment_intent ?? "";
}

async function found<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> {
  const answer = await until(async () => (await ask()) || undefined, { limitMs: LIMIT_MS });
  if (answer === undefined) throw new Error(`it did not come true: ${what}`);
  return answer;
}

const reaches = (pool: Pool, id: SubscriptionId, status: Status) =>
  found(`${id} is ${status}`, async () => {
    const row = await findSubscription(pool, id);
    return row?.subscription.status === status && row;
  });

async function applied({ pool, sandbox }: Scene): Promise<void> {
  await sandbox.idle();
  await found("all is applied", async () => (await oldestUnappliedSeconds(pool)) === null);
}

/** Its workflow, when it has nothing to do but wait. */
async function resting(scene: Scene, id: SubscriptionId): Promise<WorkflowHandle> {
  const handle = handleOf(scene, id);
  await found(`${id} is at rest`, async () => isAtRest(await eventsOf(handle)));
  return handle;
}

/** Said of who did it and where, which is of no use to a replay. */
const OF_NO_USE = new Set([
  "identity",
  "workerVersion",
  "inheritedBuildId",
  "prevAutoResetPoints",
  "stackTrace",
  "requestId",
  "taskId",
]);

/** How Temporal names a worker: process number and machine. */
const WORKER = /\d+@[\w.-]+/g;

/** A history on one line, without names of machines, processes and folders. */
async function jsonOf(handle: WorkflowHandle): Promise<string> {
  const history: unknown = JSON.parse(historyToJSON(await handle.fetchHistory()));
  return JSON.stringify(history, (name, value: unknown) => {
    if (OF_NO_USE.has(name)) return undefined;
    return typeof value === "string" ? value.replaceAll(WORKER, "worker") : value;
  });
}
