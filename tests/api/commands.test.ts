import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { subscriptionId } from "../../domain/ids.ts";
import { control, createCheckout, eventually, reaches } from "../setup/customer.ts";
import { DECLINES, failUpgrade } from "../setup/customer-acts.ts";
import { stripe } from "../setup/sandbox-account.ts";
import { type System, startSystem } from "../setup/system.ts";
import { type Customer, cancelsOf, settledCustomer } from "../workflows/by-hand.ts";
import { commandsOf } from "./give.ts";

let system: System;
let give: ReturnType<typeof commandsOf>["give"];
let read: ReturnType<typeof commandsOf>["read"];
let send: ReturnType<typeof commandsOf>["send"];
beforeAll(async () => {
  system = await startSystem();
  ({ give, read, send } = commandsOf(system));
});
afterAll(() => system.stop());

const putCard = ({ customerId }: Customer, card: string) =>
  control(system, "POST", `/customers/${customerId}/card`, { card });

/** A customer whose last invoice could not be collected. */
async function inArrears(): Promise<Customer> {
  const customer = await settledCustomer(system);
  await failUpgrade(system, customer.providerId);
  await reaches(system, customer.id, "past_due");
  return customer;
}

const lastWords = async (id: string): Promise<readonly string[]> => {
  const { rows } = await system.database.pool.query<{ why: string }>(
    "select why from timeline where subscription_id = $1 order by version",
    [id],
  );
  return rows.map(({ why }) => why);
};

describe("a command", () => {
  it("cancel: ends it at the provider now, once for one key, and the timeline says who asked and why", async () => {
    const { id, providerId } = await settledCustomer(system);
    const key = randomUUID();
    const asked = { by: "maria", why: "asked by phone" };
    const first = await give(id, "cancel", asked, key);
    expect(first).toMatchObject({
      status: 200,
      body: { status: "ok", outcome: "done", subscription_id: id, subscription_status: "canceled" },
    });
    const again = await give(id, "cancel", asked, key);
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(await cancelsOf(system, providerId)).toBe(1);
    expect(await lastWords(id)).toContainEqual(
      expect.stringContaining("maria asked for cancel: asked by phone"),
    );
    expect((await read(id, first.body["command_id"])).body).toMatchObject({
      command: "cancel",
      asked_by: "maria",
      why: "asked by phone",
      outcome: "done",
      message: "The subscription is canceled",
    });
  });

  it("cancel-at-period-end, and uncancel which takes it back", async () => {
    const { id, providerId } = await settledCustomer(system);
    const arranged = await give(id, "cancel-at-period-end", { by: "maria" });
    expect(arranged).toMatchObject({ status: 200, body: { subscription_status: "active" } });
    expect(arranged.body["cancel_at"]).toBe(arranged.body["current_period_end"]);
    expect(await stripe(system, "GET", `/v1/subscriptions/${providerId}`)).toMatchObject({
      cancel_at_period_end: true,
    });
    expect(await give(id, "uncancel", {})).toMatchObject({ status: 200, body: { cancel_at: null } });
    expect(await lastWords(id)).toContainEqual(
      expect.stringContaining("maria asked for cancel at period end"),
    );
  });

  it("uncancel: takes back also what the customer portal has arranged", async () => {
    const { id, providerId } = await settledCustomer(system);
    await stripe(system, "POST", `/v1/subscriptions/${providerId}`, { cancel_at: "min_period_end" });
    await eventually("the end is arranged", async () => {
      const { rowCount } = await system.database.pool.query(
        "select from subscriptions where id = $1 and cancel_at is not null",
        [id],
      );
      return rowCount === 1;
    });
    expect(await give(id, "uncancel")).toMatchObject({ status: 200, body: { cancel_at: null } });
    expect(await stripe(system, "GET", `/v1/subscriptions/${providerId}`)).toMatchObject({
      cancel_at: null,
      cancel_at_period_end: false,
    });
  });

  it("pause and resume", async () => {
    const { id, providerId } = await settledCustomer(system);
    expect(await give(id, "pause")).toMatchObject({ status: 200, body: { subscription_status: "paused" } });
    expect(await stripe(system, "GET", `/v1/subscriptions/${providerId}`)).toMatchObject({
      pause_collection: { behavior: "void" },
    });
    expect(await give(id, "resume")).toMatchObject({ status: 200, body: { subscription_status: "active" } });
  });

  it("retry-payment: collects the open invoice when the card works, and says 402 when it does not", async () => {
    const customer = await inArrears();
    const declined = await give(customer.id, "retry-payment");
    expect(declined).toMatchObject({
      status: 402,
      body: { error: "payment_failed", subscription_status: "past_due" },
    });
    await putCard(customer, "4242424242424242");
    expect(await give(customer.id, "retry-payment")).toMatchObject({
      status: 200,
      body: { message: "The invoice is paid; the subscription is active" },
    });
    // A bank that says no is nobody's work.
    expect((await reaches(system, customer.id, "active")).needsAttention).toBeNull();
  });

  it("change: another tier and quantity, the difference paid at once", async () => {
    const { id, providerId } = await settledCustomer(system);
    expect(await give(id, "change", { tier: "scale", quantity: 2 })).toMatchObject({
      status: 200,
      body: { tier: "scale", quantity: 2, message: "It is 2 × scale by the month" },
    });
    expect(await stripe(system, "GET", `/v1/subscriptions/${providerId}`)).toMatchObject({
      items: { data: [{ price: { id: "price_scale_monthly" }, quantity: 2 }] },
    });
    expect(await give(id, "change", { quantity: 1 })).toMatchObject({
      status: 200,
      body: { tier: "scale", quantity: 1 },
    });
  });

  it("change: a payment that fails leaves the old tier in place", async () => {
    const customer = await settledCustomer(system);
    await putCard(customer, DECLINES);
    expect(await give(customer.id, "change", { tier: "scale" })).toMatchObject({
      status: 402,
      body: { error: "payment_failed", tier: "pro", subscription_status: "active" },
    });
    expect(await stripe(system, "GET", `/v1/subscriptions/${customer.providerId}`)).toMatchObject({
      status: "active",
      items: { data: [{ price: { id: "price_pro_monthly" } }] },
    });
    expect(await give(customer.id, "change", { tier: "starter" })).toMatchObject({
      status: 409,
      body: { error: "unknown_tier" },
    });
  });

  it("resync and unpark", async () => {
    const { id } = await settledCustomer(system);
    expect(await give(id, "resync")).toMatchObject({
      status: 200,
      body: { message: "The provider says active; so do we" },
    });
    expect(await give(id, "unpark")).toMatchObject({ status: 200, body: { outcome: "done" } });
  });
});

describe("what the state forbids is 409, with what is allowed", () => {
  it("running", async () => {
    const { id } = await settledCustomer(system);
    const key = randomUUID();
    const refused = await give(id, "resume", {}, key);
    expect(refused).toMatchObject({
      status: 409,
      body: {
        error: "not_allowed",
        subscription_status: "active",
        allowed: ["cancel", "cancel-at-period-end", "pause", "change", "resync", "unpark"],
      },
    });
    expect((await give(id, "resume", {}, key)).body).toEqual(refused.body);
    expect(await read(id, refused.body["command_id"])).toMatchObject({
      body: { outcome: "refused", reason: "not_allowed" },
    });
  });

  it("R8: ended", async () => {
    const { id } = await settledCustomer(system);
    await give(id, "cancel");
    for (const command of ["cancel", "uncancel", "pause", "change"]) {
      expect(await give(id, command, command === "change" ? { quantity: 2 } : {})).toMatchObject({
        status: 409,
        body: { error: "already_ended", allowed: ["resync", "unpark"] },
      });
    }
  });

  it("not begun", async () => {
    const { body } = await createCheckout(system, { receipt: randomUUID(), tier: "pro" });
    const id = subscriptionId(String(body["subscription_id"]));
    expect(await give(id, "pause")).toMatchObject({ status: 409, body: { error: "no_subscription" } });
  });
});

describe("what is no command", () => {
  it("has no key, or that of another request", async () => {
    const { id } = await settledCustomer(system);
    expect(await send("POST", `${id}/pause`, {}, {})).toMatchObject({
      status: 400,
      body: { error: "idempotency_key_required" },
    });
    const key = randomUUID();
    await give(id, "resync", { by: "maria" }, key);
    for (const other of [give(id, "resync", { by: "ana" }, key), give(id, "cancel", { by: "maria" }, key)]) {
      expect(await other).toMatchObject({ status: 422, body: { error: "idempotency_key_reused" } });
    }
    expect((await reaches(system, id, "active")).subscription.status).toBe("active");
  });

  it("is of nobody, of no subscription, or unknown", async () => {
    const { id } = await settledCustomer(system);
    expect(await give(randomUUID(), "cancel")).toMatchObject({
      status: 404,
      body: { error: "unknown_subscription" },
    });
    expect(await give("sub_1", "cancel")).toMatchObject({ status: 404 });
    expect(await give(id, "explode")).toMatchObject({ status: 404, body: { error: "unknown_command" } });
    expect(await read(id, randomUUID())).toMatchObject({
      status: 404,
      body: { error: "unknown_command_id" },
    });
    expect(await read(id, "%00")).toMatchObject({ status: 404 });
    expect(await send("POST", `${id}/cancel`, { authorization: "Bearer wrong" }, {})).toMatchObject({
      status: 401,
    });
  });

  it("R10: has words or fields that are refused, and leaves nothing behind", async () => {
    const { id } = await settledCustomer(system);
    for (const [command, body, message] of [
      ["cancel", { tier: "pro" }, "tier: unknown field"],
      ["cancel", { by: "maria@example.com" }, "leave e-mail addresses"],
      ["cancel", { by: 7 }, "by:"],
      ["change", {}, "say a tier, an interval or a quantity"],
      ["change", { tier: "pro", at: "tomorrow" }, "at:"],
      ["change", { interval: "week" }, "interval:"],
      ["extend-grace", {}, "days:"],
      ["extend-grace", { days: 91 }, "days:"],
      ["cancel", { days: 3 }, "days: unknown field"],
      ["change", { quantity: 0 }, "quantity:"],
      ["change", { tier: "a b" }, "expected the name of a tier"],
    ] as const) {
      expect(await give(id, command, body), message).toMatchObject({
        status: 400,
        body: { error: "invalid_request", message: expect.stringContaining(message) },
      });
    }
    const { rowCount } = await system.database.pool.query(
      "select from commands where subscription_id = $1 and kind <> 'checkout'",
      [id],
    );
    expect(rowCount).toBe(0);
  });
});
