import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type SubscriptionId, subscriptionId } from "../../domain/ids.ts";
import { DAY, HOUR, MINUTE } from "../../domain/time.ts";
import { ProviderError } from "../../providers/provider.ts";
import { STRIPE_EVENTS } from "../../providers/stripe/interest.ts";
import { clockOffset } from "../../store/clock.ts";
import { CATCH_UP_SCHEDULE } from "../../workflows/contract.ts";
import { allApplied, control, createCheckout, reaches, subscribe } from "../setup/customer.ts";
import { quiet } from "../setup/quiet.ts";
import { booksOf, requestsOf, stripe } from "../setup/sandbox-account.ts";
import { runNow } from "../setup/scheduled.ts";
import { type System, startSystem } from "../setup/system.ts";

let system: System;
/** How many pages of events are read before one read fails, or null: none fails. */
let readsUntilFailure: number | null = null;
/** The point, each time that a page was asked for. */
const pointsSeen: (number | null)[] = [];

beforeAll(async () => {
  system = await startSystem({
    worker: {
      deps: (deps) => ({
        ...deps,
        providers: new Map(
          [...deps.providers].map(([name, provider]) => [
            name,
            {
              ...provider,
              listEvents: async (since, place) => {
                pointsSeen.push(await point());
                if (readsUntilFailure === 0) {
                  readsUntilFailure = null;
                  throw new ProviderError("stripe", "unavailable", "planted", { code: "http_429" });
                }
                if (readsUntilFailure !== null) readsUntilFailure -= 1;
                return provider.listEvents(since, place);
              },
            },
          ]),
        ),
      }),
    },
  });
});
afterAll(() => system.stop());

const rows = async <Row extends object>(statement: string, ...values: unknown[]): Promise<Row[]> =>
  (await system.database.pool.query<Row>(statement, values)).rows;

async function point(): Promise<number | null> {
  const [row] = await rows<{ listed_to: number }>("select listed_to from catch_up_points");
  return row?.listed_to ?? null;
}

const catchUp = (): Promise<string> => runNow(system, CATCH_UP_SCHEDULE);

/** The share of deliveries that is lost. */
const lose = (share: number) => control(system, "POST", "/knobs", { delivery: { drop: share } });

const systemTime = async (): Promise<number> => Date.now() + (await clockOffset(system.database.pool));

/** A checkout that is paid at the provider, whoever hears of it. */
async function pay(): Promise<SubscriptionId> {
  const { body } = await createCheckout(system, { receipt: `customer-${randomUUID()}`, tier: "pro" });
  const session = String(body["checkout_url"]).split("/").at(-1);
  await control(system, "POST", `/checkouts/${session}/pay`, { card: "4242424242424242" });
  return subscriptionId(String(body["subscription_id"]));
}

/** What the provider has of the types that we listen to. */
async function eventsThere(): Promise<string[]> {
  const Events = z.object({ data: z.array(z.object({ id: z.string(), type: z.string() })) });
  const { data } = Events.parse(await stripe(system, "GET", "/v1/events", { limit: "100" }));
  return data.filter(({ type }) => STRIPE_EVENTS.includes(type)).map(({ id }) => id);
}

const stored = async (): Promise<string[]> =>
  (await rows<{ id: string }>('select id from webhook_events order by id collate "C"')).map(({ id }) => id);

/** All that was decided, written or told. */
const everything = () =>
  Promise.all([
    rows("select id, state, reason, attempts, processed_at from webhook_events order by id"),
    rows("select subscription_id, version, why from timeline order by 1, 2"),
    rows("select * from subscriptions order by id"),
    rows("select key from alerts order by key"),
  ]);

/** Since when the events were asked for, in milliseconds, request by request. */
const asked = async (): Promise<readonly number[]> =>
  (await requestsOf(system))
    .filter(({ path }) => path === "/v1/events")
    .flatMap(({ params }) => {
      const { created } = z
        .object({ created: z.object({ gte: z.coerce.number() }).optional() })
        .parse(params);
      return created === undefined ? [] : created.gte * 1_000;
    });

test("R2: events that never arrive are stored and applied, those that only an event tells of too", async () => {
  await lose(1);
  const id = await pay();
  expect(await rows("select from webhook_events")).toEqual([]);
  await catchUp();
  await reaches(system, id, "active");

  await control(system, "POST", "/advance", { days: 3 });
  const [sold] = (await booksOf(system)).subscriptions;
  await stripe(system, "POST", "/v1/refunds", { payment_intent: sold?.charges[0]?.payment_intent ?? "" });
  await catchUp();
  expect(await allApplied(system)).not.toHaveProperty("parked");
  expect(await rows("select status from refunds where subscription_id = $1", id)).toEqual([
    { status: "succeeded" },
  ]);
  expect(await stored()).toEqual((await eventsThere()).toSorted());
});

test("again, from an hour before the point, it changes nothing", async () => {
  const ids = (await rows<{ id: string }>("select id from subscriptions")).map(({ id }) =>
    subscriptionId(id),
  );
  await quiet(system, ids);
  const [before, from] = [await everything(), await point()];
  expect(await catchUp()).toMatch(/^\d+ listed, 0 had never arrived$/);
  expect(await everything()).toEqual(before);
  expect(await point()).toBe(from);
  expect((await asked()).at(-1)).toBe(Math.floor(((from ?? 0) - HOUR) / 1_000) * 1_000);
});

test("what arrives live moves no point: what was lost before it is found all the same", async () => {
  const before = await point();
  await lose(1);
  await pay();
  await lose(0);
  await control(system, "POST", "/advance", { hours: 5 });
  await subscribe(system);
  await allApplied(system);
  expect(await point()).toBe(before);
  expect(await stored()).not.toEqual(expect.arrayContaining(await eventsThere()));
  await catchUp();
  expect(await stored()).toEqual(expect.arrayContaining(await eventsThere()));
  expect(await point()).toBeGreaterThan(before ?? 0);
});

test("a run that fails goes on where it was, and the point moves when all is listed, not before", async () => {
  await lose(1);
  await control(system, "POST", "/advance", { days: 1 });
  const late = await pay();
  const before = await point();
  pointsSeen.length = 0;
  const requests = (await asked()).length;
  readsUntilFailure = 1;
  await catchUp();
  // The first list, the second in vain, the second again.
  expect(pointsSeen).toEqual([before, before, before]);
  expect((await asked()).length - requests).toBe(2);
  expect(await point()).toBeGreaterThan(before ?? 0);
  await reaches(system, late, "active");
});

test("after more than 30 days it asks for the 30 days that the provider keeps", async () => {
  await control(system, "POST", "/advance", { months: 2 });
  await catchUp();
  await allApplied(system);
  const oldest = (await systemTime()) - 30 * DAY;
  expect(Math.abs(((await asked()).at(-1) ?? 0) - oldest)).toBeLessThan(MINUTE);
});
