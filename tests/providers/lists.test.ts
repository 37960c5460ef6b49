import { expect, it } from "vitest";
import { z } from "zod";
import { STRIPE_EVENTS } from "../../providers/stripe/interest.ts";
import { event, object, REFERENCE, SUBSCRIPTION } from "./stripe-fixtures.ts";
import { failure, list, missing, startStripe } from "./stripe-server.ts";

const SINCE = Date.parse("2026-11-02T12:00:00.900Z");
const GTE = String(Date.parse("2026-11-02T12:00:00Z") / 1_000);

/** The `types[…]` of a query. */
const typesOf = (query: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(query).flatMap(([name, value]) => (name.startsWith("types[") ? value : []));

it("events are listed for exactly the types of the endpoint, at most 20 a request, and to the end of each list", async () => {
  const stripe = await startStripe();
  const [paid, renewed, old] = [
    event("invoice.paid"),
    { ...event("customer.subscription.updated"), id: "evt_2" },
    { ...event("charge.refunded.pre-basil"), id: "evt_3" },
  ];
  stripe.script("GET /v1/events", list([paid], true), list([renewed]), list([old]));
  const provider = stripe.provider();
  const pages = [await provider.listEvents(SINCE, null)];
  for (let { next } = pages[0] ?? { next: null }; next !== null; next = pages.at(-1)?.next ?? null) {
    pages.push(await provider.listEvents(SINCE, next));
  }

  const created = z.object({ created: z.number() });
  expect(pages.flatMap(({ events }) => events)).toEqual(
    [paid, renewed, old].map((each) => ({
      id: each.id,
      type: each.type,
      apiVersion: each.api_version,
      livemode: false,
      payload: each,
      createdAt: created.parse(each).created * 1_000,
    })),
  );
  const queries = stripe.queries("/v1/events");
  expect(queries).toEqual([
    expect.objectContaining({ limit: "100", "created[gte]": GTE }),
    expect.objectContaining({ limit: "100", "created[gte]": GTE, starting_after: paid.id }),
    expect.not.objectContaining({ starting_after: expect.anything() }),
  ]);
  const [first = [], again = [], second = []] = queries.map(typesOf);
  expect(again).toEqual(first);
  expect(first.length).toBeLessThanOrEqual(20);
  expect(second.length).toBeLessThanOrEqual(20);
  expect([...first, ...second].toSorted()).toEqual(STRIPE_EVENTS.toSorted());
});

it("a list ends where the event that it goes on from is older than Stripe keeps", async () => {
  const stripe = await startStripe();
  stripe.script("GET /v1/events", list([event("invoice.paid")], true), missing("event", "starting_after"));
  const provider = stripe.provider();
  const { next } = await provider.listEvents(SINCE, null);
  await expect(provider.listEvents(SINCE, next)).resolves.toEqual({ events: [], next: "1/" });
});

it("subscriptions are listed with every status, a hundred a request, in the reading that a look has", async () => {
  const stripe = await startStripe();
  const ours = object("customer.subscription.updated");
  const other = object("customer.subscription.updated", { id: "sub_other", metadata: {} });
  stripe.script("GET /v1/subscriptions", list([ours], true), list([other]));
  stripe.script(`GET /v1/subscriptions/${SUBSCRIPTION}`, { body: ours });
  stripe.script("GET /v1/invoices", list([]));
  const provider = stripe.provider();
  const first = await provider.listSubscriptions(null);
  const last = await provider.listSubscriptions(first.next);
  const look = await provider.look({ subscriptionId: SUBSCRIPTION, sessionId: null, named: [] });

  expect(first).toEqual({
    subscriptions: [{ subscription: look.subscription, reference: REFERENCE }],
    next: SUBSCRIPTION,
  });
  expect(last).toMatchObject({
    subscriptions: [{ subscription: { id: "sub_other" }, reference: null }],
    next: null,
  });
  expect(stripe.queries("/v1/subscriptions")).toEqual([
    { status: "all", limit: "100" },
    { status: "all", limit: "100", starting_after: SUBSCRIPTION },
  ]);
});

it("too many requests are a time to try again", async () => {
  const stripe = await startStripe();
  stripe.script("GET /v1/subscriptions", failure(429, { code: "rate_limit" }));
  await expect(stripe.provider().listSubscriptions(null)).rejects.toMatchObject({ kind: "unavailable" });
});
