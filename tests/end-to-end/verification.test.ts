import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { SubscriptionId } from "../../domain/ids.ts";
import { SWEEP_SCHEDULE, VERIFY_SCHEDULE } from "../../workflows/contract.ts";
import { startWorkerProgram } from "../faults/programs.ts";
import { allApplied, control, eventually, reaches, subscribe } from "../setup/customer.ts";
import { requestsOf, stripe } from "../setup/sandbox-account.ts";
import { runNow, trigger } from "../setup/scheduled.ts";
import { type System, startSystem } from "../setup/system.ts";
import { newSubscription } from "../store/rows.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

const rows = async <Row extends object>(statement: string, ...values: unknown[]): Promise<Row[]> =>
  (await system.database.pool.query<Row>(statement, values)).rows;

const verify = (): Promise<string> => runNow(system, VERIFY_SCHEDULE);
const sweep = (): Promise<string> => runNow(system, SWEEP_SCHEDULE);

/** The share of deliveries that is lost. */
const lose = (share: number) => control(system, "POST", "/knobs", { delivery: { drop: share } });

async function becomes(id: SubscriptionId, state: string): Promise<void> {
  await eventually(`the check of ${id} is ${state}`, async () => {
    const [check] = await rows<{ state: string }>(
      "select state from subscription_checks where subscription_id = $1",
      id,
    );
    return check?.state === state;
  });
}

const driftsOf = async (id: SubscriptionId): Promise<readonly object[]> =>
  rows(
    "select key, fields->>'differences' as what from alerts where kind = 'drift_confirmed' and subscription_id = $1",
    id,
  );

/** Delivers what was lost of one subscription. */
async function deliverLate(providerId: string): Promise<void> {
  const Events = z.object({
    data: z.array(z.object({ id: z.string(), data: z.object({ object: z.object({ id: z.string() }) }) })),
  });
  const { data } = Events.parse(await stripe(system, "GET", "/v1/events", { limit: "100" }));
  const [last] = data.filter((each) => each.data.object.id === providerId);
  await control(system, "POST", `/events/${last?.id}/resend`);
}

test("a change that no event tells is found, applied, and drift after ten minutes; one that is told late is not", async () => {
  const [drifted, told, untouched] = [
    await subscribe(system),
    await subscribe(system),
    await subscribe(system),
  ];
  await control(system, "POST", "/idle");
  await allApplied(system);
  await lose(1);
  const providerIdOf = ({ row }: typeof drifted) => row.subscription.terms.providerSubscriptionId;
  for (const one of [drifted, told]) {
    await control(system, "POST", `/subscriptions/${providerIdOf(one)}/cancel`);
  }
  const gone = await newSubscription(system.database.pool);

  expect(await verify()).toBe("3 listed, 2 differ, 1 of ours not listed");
  for (const { id } of [drifted, told]) await reaches(system, id, "canceled");
  for (const { id } of [drifted, told, gone]) await becomes(id, "confirmed");
  await becomes(untouched.id, "same");

  await control(system, "POST", "/advance", { minutes: 9 });
  await deliverLate(providerIdOf(told));
  await becomes(told.id, "explained");
  await sweep();
  await becomes(drifted.id, "confirmed");
  await control(system, "POST", "/advance", { minutes: 2 });
  await sweep();
  await sweep();
  const entry = await rows<{ version: number }>(
    "select max(version) as version from timeline where subscription_id = $1",
    drifted.id,
  );
  expect(await driftsOf(drifted.id)).toEqual([
    {
      key: `drift_confirmed:${drifted.id}:${entry[0]?.version}`,
      what: expect.stringMatching(/^status, .*ended_at$/),
    },
  ]);
  expect(await driftsOf(gone.id)).toMatchObject([{ what: "missing" }]);
  expect(await driftsOf(told.id)).toEqual([]);
  expect(await rows("select from deliveries where delivered_at is null")).toEqual([]);

  // What is as it was found is no news.
  await verify();
  await becomes(drifted.id, "same");
  expect(await driftsOf(drifted.id)).toHaveLength(1);
});

test("R14: one that no event ever told of is adopted where the catalog sells it, and nothing is announced", async () => {
  await lose(1);
  const Made = z.object({ id: z.string() });
  const customer = Made.parse(
    await stripe(system, "POST", "/v1/customers", { payment_method: "pm_card_visa" }),
  ).id;
  await control(system, "POST", `/customers/${customer}/card`, { card: "4242424242424242" });
  const make = async (price: string): Promise<string> =>
    Made.parse(await stripe(system, "POST", "/v1/subscriptions", { customer, "items[0][price]": price })).id;
  const [ours, theirs] = [await make("price_pro_monthly"), await make("price_other_product")];
  await verify();
  const id = await eventually("it is ours", async () => {
    const [row] = await rows<{ id: SubscriptionId }>(
      "select id from subscriptions where stripe_subscription_id = $1",
      ours,
    );
    return row?.id;
  });
  await becomes(id, "same");
  expect(await rows("select from alerts where subscription_id = $1 and not superseded", id)).toEqual([]);
  expect(await rows("select from subscription_checks where provider_subscription_id = $1", theirs)).toEqual(
    [],
  );

  // Pages of other products before ours.
  for (let n = 0; n < 22; n += 1) {
    await Promise.all(Array.from({ length: 10 }, () => make("price_other_product")));
  }
});

/** The place at which each page was begun, request by request. */
const pages = async (): Promise<readonly (string | undefined)[]> =>
  (await requestsOf(system))
    .filter(({ method, path }) => method === "GET" && path === "/v1/subscriptions")
    .map(({ params }) => z.object({ starting_after: z.string().optional() }).parse(params).starting_after);

test("a worker that dies between two pages: another goes on where it was, and the whole list is read", async () => {
  const folder = await mkdtemp(join(tmpdir(), "perennial-verify-"));
  const before = (await pages()).length;
  await system.stopWorker();
  const mortal = await startWorkerProgram(system, { point: "after_page", folder });
  const run = await trigger(system, VERIFY_SCHEDULE);
  await mortal.died();
  await system.startWorker();
  expect(await run.result()).toBe("225 listed, 0 differ, 1 of ours not listed");
  const [first, second, ...rest] = (await pages()).slice(before);
  expect(first).toBeUndefined();
  // The page that it died over is read again, the first is not.
  expect(rest).toEqual([second, expect.any(String)]);
  await rm(folder, { recursive: true });
});
