import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { replay } from "../../api/operate-events.ts";
import { readWorkerConfig } from "../../cli/config.ts";
import { createProviders } from "../../cli/outside.ts";
import type { WorkerDecoration } from "../../cli/worker-process.ts";
import type { SubscriptionId } from "../../domain/ids.ts";
import type { Look, Seen } from "../../providers/provider.ts";
import type { StoredEvent } from "../../store/events.ts";
import { findEvent } from "../../store/events.ts";
import { subscriptionWorkflowId } from "../../workflows/contract.ts";
import { control, eventually, reaches } from "../setup/customer.ts";
import { openPage, payAt } from "../setup/customer-acts.ts";
import { quiet } from "../setup/quiet.ts";
import { booksOf } from "../setup/sandbox-account.ts";
import { type System, startSystem } from "../setup/system.ts";
import { changed } from "./changed-workers.ts";

let system: System;
let customer: { readonly id: SubscriptionId; readonly provider: string; readonly invoice: string };

beforeAll(async () => {
  system = await startSystem({ sweepEveryMs: 1_000 });
  const { id, session } = await openPage(system, "customer");
  const provider = await payAt(system, session);
  await reaches(system, id, "active");
  const books = (await booksOf(system)).subscriptions.find((each) => each.id === provider);
  customer = { id, provider, invoice: books?.invoices[0]?.id ?? "" };
});

afterAll(() => system.stop());

test("R2: an event of a type that nobody has heard of is ignored, and says why", async () => {
  const id = await publish("customer.mind.changed", { id: "mind_1", object: "mind" });
  expect(await ended(id)).toMatchObject({
    state: "ignored",
    reason: "nothing is decided from customer.mind.changed",
  });
});

test("R2: an event that cannot be read is parked with an alert, each time; mended and replayed it is applied", async () => {
  const { pool } = system.database;
  const id = await publish("invoice.paid", { id: 42, object: "invoice", customer: ["nobody"] });
  const parked = await ended(id);
  expect(parked).toMatchObject({ state: "parked", subscriptionId: null });
  expect(parked.reason).toMatch(/^cannot read /);
  await control(system, "POST", `/events/${id}/resend`, { copies: 2 });
  const alerts = async (): Promise<readonly string[]> => {
    const { rows } = await pool.query<{ key: string }>(
      "select key from alerts where kind = 'event_parked' and key like $1 order by key",
      [`event_parked:stripe:${id}%`],
    );
    return rows.map(({ key }) => key);
  };
  expect(await alerts()).toEqual([`event_parked:stripe:${id}`]);
  // Unmended it is parked again, and whoever replayed it hears so.
  expect(await replayed(id)).toMatchObject({ state: "parked", attempts: 2 });
  expect(await alerts()).toEqual([`event_parked:stripe:${id}`, `event_parked:stripe:${id}:2`]);

  await pool.query(
    "update webhook_events set payload = jsonb_set(payload, '{data,object}', $2) where id = $1",
    [id, JSON.stringify(invoiceOf(customer, customer.invoice))],
  );
  expect(await replayed(id)).toMatchObject({
    state: "applied",
    reason: null,
    subscriptionId: customer.id,
    attempts: 3,
  });
  await entryOf(id);
});

test("R7: what this version cannot look into parks its own event alone, and is applied by unpark after the next", async () => {
  await system.stopWorker();
  await system.startWorker(puzzledBy(customer.invoice));
  const [puzzling, plain] = await Promise.all([
    publish("invoice.paid", invoiceOf(customer, customer.invoice)),
    publish("customer.subscription.updated", { id: customer.provider, object: "subscription" }),
  ]);
  expect(await ended(puzzling)).toMatchObject({ state: "parked", reason: "a puzzle to this version" });
  expect(await ended(plain)).toMatchObject({ state: "applied" });

  await system.stopWorker();
  await system.startWorker();
  // A command that comes while the worker is replaced may go unheard for the 10 s of Temporal's sticky queue.
  await eventually("it is unparked", async () => {
    const reply = await system.gateway
      .command(customer.id, "unpark", "unpark-1", { by: "maria" }, 3_000)
      .catch(() => undefined);
    return reply?.state === "done";
  });
  await eventually("it is applied", async () => (await eventOf(puzzling)).state === "applied");
});

test("R3: an event that comes during a look is not marked by it: the next look is for it", async () => {
  let late: string | undefined;
  await system.stopWorker();
  await system.startWorker(
    lookingAt(async (seen, { named }) => {
      if (late === undefined && named.some(({ customerId }) => customerId === "cus_early")) {
        late = "";
        late = await publish("customer.subscription.updated", {
          id: customer.provider,
          object: "subscription",
        });
        const id = late;
        await eventually("it is stored", async () => {
          const event = await findEvent(system.database.pool, "stripe", id);
          return event?.subscriptionId === customer.id;
        });
      }
      return seen;
    }),
  );
  const early = await publish("customer.subscription.updated", {
    id: customer.provider,
    object: "subscription",
    customer: "cus_early",
  });
  await ended(early);
  await eventually("the late one is applied", async () => (await eventOf(late ?? "")).state === "applied");
  const [first, second] = await Promise.all([entryOf(early), entryOf(late ?? "")]);
  expect(second).toBeGreaterThan(first ?? Number.NaN);
});

test("R2: an invoice that the provider does not have parks the event that names it", async () => {
  const id = await publish("invoice.paid", invoiceOf(customer, "in_unheard_of"));
  expect(await ended(id)).toMatchObject({
    state: "parked",
    subscriptionId: customer.id,
    reason: "Stripe has no invoice in_unheard_of",
  });
});

test("R7: a workflow that was terminated comes back from its row when its deadline has passed by five minutes", async () => {
  const { id, session } = await openPage(system, "terminated");
  const provider = await payAt(system, session);
  await reaches(system, id, "active");
  await control(system, "POST", "/idle");
  await quiet(system, [id]);
  const workflow = system.temporal.workflow.getHandle(subscriptionWorkflowId(id));
  await workflow.terminate("by mistake");
  // The provider ends it, and nobody tells us.
  await control(system, "POST", "/knobs", { delivery: { drop: 1 } });
  await control(system, "POST", `/subscriptions/${provider}/cancel`);
  await control(system, "POST", "/knobs/reset");
  await passDeadline(id, 4);
  await aFewSweeps();
  expect((await workflow.describe()).status.name).toBe("TERMINATED");
  await passDeadline(id, 6);
  await reaches(system, id, "canceled");
});

const Published = z.object({ event: z.string() });

/** A made-up event, delivered as all are. */
const publish = async (type: string, object: object): Promise<string> =>
  Published.parse(await control(system, "POST", "/events", { type, object })).event;

/** An invoice of the subscription, as an event says it. */
const invoiceOf = ({ provider }: { readonly provider: string }, id: string): object => ({
  id,
  object: "invoice",
  parent: { subscription_details: { subscription: provider } },
});

const eventOf = async (id: string): Promise<StoredEvent> => {
  const event = await findEvent(system.database.pool, "stripe", id);
  if (event === undefined) throw new Error(`there is no event ${id}`);
  return event;
};

const ended = (id: string): Promise<StoredEvent> =>
  eventually(`${id} has its end`, async () => {
    const event = await findEvent(system.database.pool, "stripe", id);
    return event !== undefined && event.state !== "received" && event;
  });

/** As the admin page and `npm run events -- replay` do it; answers what came of it. */
async function replayed(id: string): Promise<StoredEvent> {
  const { database, gateway, env } = system;
  const providers = createProviders(readWorkerConfig(env));
  expect(await replay({ pool: database.pool, gateway, providers }, "stripe", id)).toBe("replayed");
  return ended(id);
}

/** A worker whose looks are changed on their way. */
const lookingAt = (change: (seen: Seen, at: Look) => Promise<Seen>): WorkerDecoration =>
  changed((provider) => ({ ...provider, look: async (at) => change(await provider.look(at), at) }));

/** A worker of a version to which this invoice makes no sense. */
const puzzledBy = (invoice: string): WorkerDecoration =>
  lookingAt((seen) =>
    Promise.resolve({
      ...seen,
      problems: new Map([...seen.problems, [invoice, "a puzzle to this version"]]),
    }),
  );

/** The version of the one timeline entry that took the event in. */
async function entryOf(event: string): Promise<number | undefined> {
  const { rows } = await system.database.pool.query<{ version: number }>(
    "select version from timeline where subscription_id = $1 and cause->'events' @> $2",
    [customer.id, JSON.stringify([{ id: event }])],
  );
  expect(rows).toHaveLength(1);
  return rows[0]?.version;
}

/** Its deadline passed so many minutes ago. */
const passDeadline = (id: SubscriptionId, minutes: number): Promise<unknown> =>
  system.database.pool.query(
    "update subscriptions set next_deadline_at = now() - make_interval(mins => $2) where id = $1",
    [id, minutes],
  );

/** Waits until two more sweeps have ended. */
async function aFewSweeps(): Promise<void> {
  const query = "WorkflowType = 'sweep' and ExecutionStatus = 'Completed'";
  const { count } = await system.temporal.workflow.count(query);
  await eventually(
    "two more sweeps",
    async () => (await system.temporal.workflow.count(query)).count >= count + 2,
  );
}
