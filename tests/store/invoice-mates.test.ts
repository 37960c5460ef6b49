import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { routeArrival, stillUnrouted, storeArrival } from "../../store/arrivals.ts";
import { endEvent, findEvent } from "../../store/events.ts";
import type { NamedIds } from "../../store/routes.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import { event, newCheckout, newCustomer, newSubscription } from "./rows.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const about = (named: Partial<NamedIds>) =>
  ({
    kind: "subject",
    subject: {
      reference: null,
      subscriptionId: null,
      sessionId: null,
      paymentId: null,
      invoiceId: null,
      ...named,
    },
  }) as const;

/** Stores an event and routes it, as the API does. Answers where to. */
async function arrive(id: string, named: Partial<NamedIds>) {
  await storeArrival(database.pool, event({ id }), about(named));
  return routeArrival(database.pool, "stripe", id, about(named));
}

const ownerOf = async (id: string) => (await findEvent(database.pool, "stripe", id))?.subscriptionId;

describe("R5: an event that names an invoice alone goes with the invoice's other events, to be one look with them", () => {
  it("which came before it and wait", async () => {
    const { id, subscription } = await newSubscription(database.pool);
    const { providerSubscriptionId } = subscription.terms;
    await arrive("evt_paid", { subscriptionId: providerSubscriptionId, invoiceId: "in_1" });
    await expect(arrive("evt_payment", { invoiceId: "in_1", paymentId: "pi_1" })).resolves.toBe(id);
  });

  it("which come after it", async () => {
    const { id, subscription } = await newSubscription(database.pool);
    const { providerSubscriptionId } = subscription.terms;
    await expect(arrive("evt_early", { invoiceId: "in_2" })).resolves.toBeUndefined();
    await expect(arrive("evt_other", { invoiceId: "in_3" })).resolves.toBeUndefined();
    await arrive("evt_late", { subscriptionId: providerSubscriptionId, invoiceId: "in_2" });
    await expect(ownerOf("evt_early")).resolves.toBe(id);
    await expect(ownerOf("evt_other")).resolves.toBeNull();
    await expect(stillUnrouted(database.pool, "stripe", ["evt_early", "evt_other"])).resolves.toEqual([
      "evt_other",
    ]);
  });

  it("but not those that have had their end: what they did is recorded, or was not ours", async () => {
    const { subscription } = await newSubscription(database.pool);
    const { providerSubscriptionId } = subscription.terms;
    await arrive("evt_ended", { subscriptionId: providerSubscriptionId, invoiceId: "in_4" });
    await endEvent(database.pool, "stripe", "evt_ended", "ignored", "planted");
    await expect(arrive("evt_after_end", { invoiceId: "in_4" })).resolves.toBeUndefined();
  });
});

it("of a checkout whose subscription has no row yet they go together, too", async () => {
  const { subscriptionId: reference } = await newCheckout(database.pool, await newCustomer(database.pool));
  await expect(arrive("evt_first", { invoiceId: "in_5" })).resolves.toBeUndefined();
  await arrive("evt_born", { reference, subscriptionId: "sub_unborn", invoiceId: "in_5" });
  await expect(ownerOf("evt_first")).resolves.toBe(reference);
  await expect(arrive("evt_last", { invoiceId: "in_5" })).resolves.toBe(reference);
});

it("R4: what others have written as our id proves nothing about the invoice", async () => {
  const { id: reference } = await newSubscription(database.pool);
  await expect(arrive("evt_before", { invoiceId: "in_6" })).resolves.toBeUndefined();
  const named = { reference, subscriptionId: "sub_of_others", invoiceId: "in_6" };
  await expect(arrive("evt_forged", named)).resolves.toBe(reference);
  await expect(arrive("evt_behind", { invoiceId: "in_6" })).resolves.toBeUndefined();
  await expect(ownerOf("evt_before")).resolves.toBeNull();
});
