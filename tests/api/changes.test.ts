import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { DAY } from "../../domain/time.ts";
import { clockOffset } from "../../store/clock.ts";
import { control, eventually, reaches } from "../setup/customer.ts";
import { DECLINES, failUpgrade } from "../setup/customer-acts.ts";
import { requestsOf, stripe } from "../setup/sandbox-account.ts";
import { API_KEY, type System, startSystem } from "../setup/system.ts";
import { sellByTheYear } from "../setup/yearly.ts";
import { settledCustomer } from "../workflows/by-hand.ts";
import { commandsOf } from "./give.ts";

let system: System;
let give: ReturnType<typeof commandsOf>["give"];
let send: ReturnType<typeof commandsOf>["send"];
beforeAll(async () => {
  system = await startSystem();
  await sellByTheYear(system);
  ({ give, send } = commandsOf(system));
});
afterAll(() => system.stop());

const get = (path: string) => send("GET", path, {});
const AT_PERIOD_END = { tier: "scale", at: "period_end", by: "maria", why: "asked by phone" };
const Scheduled = z.object({ schedule: z.string().nullable() });
const scheduleOf = async (providerId: string) =>
  Scheduled.parse(await stripe(system, "GET", `/v1/subscriptions/${providerId}`)).schedule;

// First, while it is the only one: it moves everybody's time.
it("the renewal takes an arranged change up by itself, at its price, and the schedule is withdrawn by the next change", async () => {
  const { id, providerId } = await settledCustomer(system);
  const other = await settledCustomer(system);
  await give(id, "change", AT_PERIOD_END);
  await give(other.id, "change", { interval: "year", quantity: 2, at: "period_end" });
  await control(system, "POST", "/advance", { months: 1, hours: 2 });
  await eventually("it is scale", async () => {
    const { body } = await get(id);
    const { tier, scheduled_change } = body["subscription"] as Record<string, unknown>;
    return tier === "scale" && scheduled_change === null;
  });
  expect(await lastInvoice(id)).toMatchObject({ amount_paid: 9_900, invoice_status: "paid" });
  await eventually("the other is paid by the year", async () => {
    const { body } = await get(other.id);
    const { interval, quantity } = body["subscription"] as Record<string, unknown>;
    return interval === "year" && quantity === 2;
  });
  expect(await lastInvoice(other.id)).toMatchObject({ amount_paid: 58_000, invoice_status: "paid" });
  // The provider still manages it until the period is over: an end can be arranged all the same.
  expect(await scheduleOf(providerId)).not.toBeNull();
  expect(await give(id, "cancel-at-period-end")).toMatchObject({ status: 200 });
});

describe("change: the interval now", () => {
  it("begins a new period at once, and charges what the preview said", async () => {
    const { id } = await settledCustomer(system);
    const { body: preview } = await get(`${id}/preview?interval=year`);
    expect(preview).toMatchObject({ at: "now", currency: "usd", next_invoice: null });
    const { status, body } = await give(id, "change", { interval: "year" });
    expect([status, body]).toMatchObject([
      200,
      { message: "It is 1 × pro by the year", interval: "year", tier: "pro" },
    ]);
    expect(Date.parse(String(body["current_period_end"])) - Date.now()).toBeGreaterThan(360 * DAY);
    expectSame(await lastInvoice(id), preview["amount_due"]);
    expect(await get(`${id}/preview?tier=gold`)).toMatchObject({
      status: 409,
      body: { error: "unknown_tier", allowed: expect.arrayContaining(["change"]) },
    });
  });
});

describe("change: now", () => {
  it("charges what the preview said, and says what the next renewal will be", async () => {
    const { id } = await settledCustomer(system);
    const { body: preview } = await get(`${id}/preview?tier=scale&quantity=2`);
    expect(preview).toMatchObject({
      amount_credited: 0,
      lines: [
        { amount: expect.any(Number), proration: true },
        { amount: expect.any(Number), proration: true },
      ],
      next_invoice: { amount: 19_800, currency: "usd" },
    });
    const { body } = await give(id, "change", { tier: "scale", quantity: 2 });
    expect(body).toMatchObject({ tier: "scale", quantity: 2 });
    expectSame(await lastInvoice(id), preview["amount_due"]);
  });
});

describe("change: at the period's end", () => {
  it("is arranged at the provider, shown, explained, and withdrawn by asking for what runs now", async () => {
    const { id, providerId } = await settledCustomer(system);
    expect((await get(`${id}/preview?tier=scale&at=period_end`)).body).toMatchObject({
      at: "period_end",
      amount_due: 0,
      lines: [],
      next_invoice: { amount: 9_900 },
    });
    expect((await get(`${id}/preview?interval=year&at=period_end`)).body).toMatchObject({
      amount_due: 0,
      next_invoice: { amount: 29_000 },
    });
    const { status, body } = await give(id, "change", AT_PERIOD_END);
    const arranged = { at: body["current_period_end"], tier: "scale", interval: "month", quantity: 1 };
    expect([status, body]).toMatchObject([200, { tier: "pro", scheduled_change: arranged }]);
    expect(await scheduleOf(providerId)).toMatch(/^sub_sched_/);
    expect((await get(id)).body).toMatchObject({
      subscription: { tier: "pro", scheduled_change: arranged },
    });
    const { entries } = (await get(`${id}/timeline`)).body as { entries: readonly object[] };
    expect(entries).toContainEqual(
      expect.objectContaining({
        why: expect.stringMatching(/a change to 1 × scale by the month on .+ is arranged/),
      }),
    );
    expect(entries).toContainEqual(
      expect.objectContaining({
        commands: [
          expect.objectContaining({
            kind: "change",
            asked_by: "maria",
            why: "asked by phone",
            parameters: { tier: "scale", at: "period_end" },
          }),
        ],
      }),
    );
    expect(await give(id, "change", { tier: "pro", at: "period_end" })).toMatchObject({
      status: 200,
      body: { scheduled_change: null, message: "It stays 1 × pro by the month: no change is arranged" },
    });
    expect(await scheduleOf(providerId)).toBeNull();
  });

  it("begins when the trial ends, and leaves the trial as it is", async () => {
    const { id, providerId } = await settledCustomer(system);
    await stripe(system, "POST", `/v1/subscriptions/${providerId}`, {
      trial_end: `${Math.floor((await now()) / 1_000) + 864_000}`,
      proration_behavior: "none",
    });
    const { subscription } = await reaches(system, id, "trialing");
    const begins = new Date(subscription.period.end).toISOString();
    expect((await get(`${id}/preview?tier=scale`)).body).toMatchObject({
      amount_due: 0,
      lines: [],
      next_invoice: { at: begins, amount: 9_900 },
    });
    expect(await give(id, "change", AT_PERIOD_END)).toMatchObject({
      status: 200,
      body: { subscription_status: "trialing", scheduled_change: { at: begins, tier: "scale" } },
    });
  });

  it("is withdrawn by what takes its place: a change now, a pause, an end", async () => {
    const { id, providerId } = await settledCustomer(system);
    const steps = [
      ["change", { tier: "scale" }, AT_PERIOD_END],
      ["pause", {}, { tier: "pro", at: "period_end" }],
      ["cancel-at-period-end", {}, { tier: "pro", at: "period_end" }],
    ] as const;
    for (const [command, wanted, arranged] of steps) {
      expect(await give(id, "change", arranged), command).toMatchObject({ status: 200 });
      expect(await scheduleOf(providerId), command).not.toBeNull();
      const { status, body } = await give(id, command, wanted);
      expect([status, body], command).toMatchObject([200, { outcome: "done", scheduled_change: null }]);
      expect(await scheduleOf(providerId), command).toBeNull();
      if (command === "pause") await give(id, "resume");
    }
    expect(await give(id, "change", { tier: "pro", at: "period_end" })).toMatchObject({
      status: 409,
      body: { error: "not_allowed", message: expect.stringContaining("uncancel it first") },
    });
  });

  it("stays arranged when another change is declined, as does the tier", async () => {
    const { id, providerId, customerId } = await settledCustomer(system);
    await give(id, "change", AT_PERIOD_END);
    await control(system, "POST", `/customers/${customerId}/card`, { card: DECLINES });
    expect(await give(id, "change", { quantity: 5 })).toMatchObject({
      status: 402,
      body: { error: "payment_failed", tier: "pro", quantity: 1, scheduled_change: { tier: "scale" } },
    });
    expect(await scheduleOf(providerId)).not.toBeNull();
  });

  it("R6: is arranged once when the provider breaks off between its two requests", async () => {
    const { id, providerId } = await settledCustomer(system);
    await control(system, "POST", "/knobs", {
      errors: [
        {
          match: { method: "POST", path: "/\\/v1\\/subscription_schedules\\/sub_sched/" },
          kind: "500",
        },
      ],
    });
    expect(await give(id, "change", AT_PERIOD_END)).toMatchObject({ status: 202 });
    await control(system, "POST", "/knobs/reset");
    await eventually("the change is arranged", async () => {
      const { body } = await get(id);
      return (body["subscription"] as { scheduled_change: unknown }).scheduled_change !== null;
    });
    const made = (await requestsOf(system)).filter(
      ({ method, path, status, params }) =>
        method === "POST" &&
        path === "/v1/subscription_schedules" &&
        status === 200 &&
        JSON.stringify(params).includes(providerId),
    );
    expect(made).toHaveLength(1);
  });
});

describe("extend-grace", () => {
  it("puts the end of access off once for one key, asks nothing of the provider, and shows the calendar", async () => {
    const { id, providerId } = await settledCustomer(system);
    await failUpgrade(system, providerId);
    const { subscription } = await reaches(system, id, "past_due");
    if (subscription.status !== "past_due") throw new Error("not past due");
    const after = (days: number) => new Date(subscription.graceUntil + days * DAY).toISOString();
    const asked = { days: 10, by: "maria", why: "pays on Friday" };
    const [first, again] = [
      await give(id, "extend-grace", asked, "k-1"),
      await give(id, "extend-grace", asked, "k-1"),
    ];
    expect(first).toMatchObject({ status: 200, body: { outcome: "done", access_ends_at: after(10) } });
    expect(again.body).toEqual(first.body);
    expect((await get(`${id}/commands/${String(first.body["command_id"])}`)).body).toMatchObject({
      command: "extend-grace",
      parameters: { days: 10 },
    });
    expect((await get(id)).body).toMatchObject({
      access: true,
      dunning: {
        unpaid_since: new Date(subscription.unpaidSince).toISOString(),
        access_ends_at: after(10),
        extended_days: 10,
        provider_next_attempt_at: expect.any(String),
        end: { at: after(10) },
      },
    });
  });

  it("is 409 where nothing is overdue", async () => {
    const { id } = await settledCustomer(system);
    expect(await give(id, "extend-grace", { days: 10 })).toMatchObject({
      status: 409,
      body: { error: "not_allowed", allowed: expect.not.arrayContaining(["extend-grace"]) },
    });
    expect((await get(id)).body).toMatchObject({ dunning: null });
  });
});

/** By the system's clock, in milliseconds. */
const now = async (): Promise<number> => Date.now() + (await clockOffset(system.database.pool));

const Invoices = z.object({
  invoices: z.array(z.looseObject({ invoice_status: z.string(), amount_paid: z.number() })),
});

/** As the provider lists it. */
async function lastInvoice(id: string) {
  const answer = await fetch(`${system.apiUrl}/api/billing/subscriptions/${id}/invoices?limit=1`, {
    headers: { authorization: `Bearer ${API_KEY}` },
  });
  return Invoices.parse(await answer.json()).invoices[0];
}

/** The provider reckons by the second: what a moment between two of them is worth may be a cent. */
function expectSame(invoice: { readonly amount_paid: number } | undefined, previewed: unknown): void {
  expect(previewed).toBeGreaterThan(0);
  expect(Math.abs((invoice?.amount_paid ?? 0) - Number(previewed))).toBeLessThanOrEqual(1);
}
