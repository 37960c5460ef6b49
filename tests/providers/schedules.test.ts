import { describe, expect, it } from "vitest";
import type { CallRequest } from "../../providers/provider.ts";
import { object, PRICE, SUBSCRIPTION } from "./stripe-fixtures.ts";
import type { Reply } from "./stripe-server.ts";
import { failure, startStripe } from "./stripe-server.ts";

const READ = `GET /v1/subscriptions/${SUBSCRIPTION}`;
const UPDATE = `POST /v1/subscriptions/${SUBSCRIPTION}`;
const CREATE = "POST /v1/subscription_schedules";
const SCHEDULE = "sub_sched_1";
const PLAN = `${CREATE}/${SCHEDULE}`;
const RELEASE = `${PLAN}/release`;
const KEY = "stripe/change/sub/1";
const [START, END] = [1_800_000_000, 1_900_000_000];

const LATER: CallRequest = {
  name: "schedule_change",
  subscriptionId: SUBSCRIPTION,
  priceId: "price_other",
  interval: "year",
  quantity: 3,
};
const NOW: CallRequest = {
  name: "change_price",
  subscriptionId: SUBSCRIPTION,
  priceId: "price_other",
  quantity: 3,
};
const on = (name: "arrange_end" | "withdraw_end" | "pause_collection" | "withdraw_change"): CallRequest => ({
  name,
  subscriptionId: SUBSCRIPTION,
});

const phase = (start_date: number, end_date: number, price: string, more: object = {}) => ({
  start_date,
  end_date,
  items: [{ price, quantity: price === PRICE ? 1 : 3 }],
  discounts: [],
  trial_end: null,
  ...more,
});
const RUNNING = phase(START, END, PRICE);
const NEXT = phase(END, END + 1_000, "price_other");
const PAST = phase(START - 1_000, START, "price_older");

const schedule = (...phases: readonly object[]) => ({
  id: SCHEDULE,
  object: "subscription_schedule",
  status: "active",
  current_phase: { start_date: START, end_date: END },
  phases,
});

const subscription = (fields: object = {}) =>
  object("customer.subscription.updated", {
    status: "active",
    cancel_at: null,
    cancel_at_period_end: false,
    pause_collection: null,
    schedule: null,
    items: {
      object: "list",
      data: [
        {
          id: "si_1",
          quantity: 1,
          price: { id: PRICE, currency: "usd", unit_amount: 2_900, recurring: { interval: "month" } },
          current_period_start: START,
          current_period_end: END,
        },
      ],
    },
    ...fields,
  });

/** Answers with these objects, but for what it refuses. */
async function stripeThat(
  answers: Readonly<Record<string, object>>,
  refusals: Readonly<Record<string, Reply>> = {},
) {
  const stripe = await startStripe();
  for (const [request, body] of Object.entries(answers)) stripe.script(request, { body });
  for (const [request, reply] of Object.entries(refusals)) stripe.script(request, reply);
  const provider = stripe.provider();
  const call = (request: CallRequest) =>
    provider.call(request, JSON.parse(JSON.stringify(provider.parameters(request))), KEY);
  return { stripe, call, provider };
}

const PLANNED = {
  end_behavior: "release",
  proration_behavior: "none",
  "phases[0][start_date]": `${START}`,
  "phases[0][end_date]": `${END}`,
  "phases[0][items][0][price]": PRICE,
  "phases[0][items][0][quantity]": "1",
  "phases[1][items][0][price]": "price_other",
  "phases[1][items][0][quantity]": "3",
  "phases[1][duration][interval]": "year",
  "phases[1][duration][interval_count]": "1",
  "phases[1][proration_behavior]": "none",
};

const kept = (at: number) => ({
  [`phases[${at}][discounts][0][discount]`]: "di_1",
  [`phases[${at}][default_tax_rates][0]`]: "txr_1",
  [`phases[${at}][automatic_tax][enabled]`]: "true",
});

describe("a change at the period's end", () => {
  it("R6: stores the terms to come, and sends them after the running period as it is", async () => {
    const { stripe, call, provider } = await stripeThat({
      [READ]: subscription(),
      [CREATE]: schedule(RUNNING),
      [PLAN]: schedule(RUNNING, NEXT),
    });
    expect(provider.parameters(LATER)).toMatchObject({ phases: [{ items: [{ price: "price_other" }] }] });
    expect(await call(LATER)).toEqual({ name: "schedule_change", state: "done" });
    expect(stripe.requests()).toEqual([READ, CREATE, PLAN]);
    expect(stripe.asked.slice(1).map(({ form, headers }) => [form, headers["idempotency-key"]])).toEqual([
      [{ from_subscription: SUBSCRIPTION }, `${KEY}/schedule`],
      [PLANNED, `${KEY}/${END}`],
    ]);
  });

  it.each([
    ["left by an attempt that broke off", schedule(RUNNING)],
    ["for other terms", schedule(PAST, RUNNING, phase(END, END + 9, "price_third"))],
  ])("R6: takes over the schedule that is there: %s", async (_what, there) => {
    const { stripe, call } = await stripeThat({
      [READ]: subscription({ schedule: there }),
      [PLAN]: schedule(RUNNING, NEXT),
    });
    await call(LATER);
    expect(stripe.requests()).toEqual([READ, PLAN]);
    expect(stripe.asked[1]?.form).toEqual(PLANNED);
  });

  it("keeps the trial, the discounts and the taxes, which Stripe would take away", async () => {
    const trial = {
      trial_end: END,
      discounts: [{ discount: "di_1", coupon: null, promotion_code: null }],
      default_tax_rates: [{ id: "txr_1" }],
      automatic_tax: { enabled: true },
    };
    const { stripe, call } = await stripeThat({
      [READ]: subscription({ status: "trialing" }),
      [CREATE]: schedule(phase(START, END, PRICE, trial)),
      [PLAN]: schedule(RUNNING, NEXT),
    });
    await call(LATER);
    expect(stripe.asked.at(-1)?.form).toEqual({
      ...PLANNED,
      ...kept(0),
      ...kept(1),
      "phases[0][trial_end]": `${END}`,
    });
  });

  it("makes no schedule of what sells several things", async () => {
    const { stripe, call } = await stripeThat({
      [READ]: subscription({ items: { object: "list", data: [{ id: "si_1" }, { id: "si_2" }] } }),
    });
    await expect(call(LATER)).rejects.toMatchObject({ kind: "refused", code: "several_items" });
    expect(stripe.requests()).toEqual([READ]);
  });
});

describe("what a schedule manages", () => {
  const managed = subscription({ schedule: SCHEDULE });
  it.each([on("arrange_end"), on("withdraw_end"), on("pause_collection")])(
    "is released before the change, for Stripe takes none of its end: $name",
    async (request) => {
      const { stripe, call } = await stripeThat({
        [READ]: managed,
        [RELEASE]: schedule(RUNNING),
        [UPDATE]: subscription(),
      });
      await call(request);
      expect(stripe.requests()).toEqual([READ, RELEASE, UPDATE]);
      expect(stripe.asked[1]).toMatchObject({
        form: { preserve_cancel_date: "true" },
        headers: { "idempotency-key": `${KEY}/release/${SCHEDULE}` },
      });
    },
  );

  it("is released after a change of price, so that a decline leaves all as it was", async () => {
    const scripts = { [READ]: managed, [RELEASE]: schedule(RUNNING), [UPDATE]: subscription() };
    const paid = await stripeThat(scripts);
    await paid.call(NOW);
    expect(paid.stripe.requests()).toEqual([READ, UPDATE, READ, RELEASE]);
    const declined = await stripeThat(scripts, {
      [UPDATE]: failure(402, { type: "card_error", code: "card_declined" }),
    });
    await expect(declined.call(NOW)).rejects.toMatchObject({ kind: "declined" });
    expect(declined.stripe.requests()).toEqual([READ, UPDATE]);
  });

  it("goes on as it is when the change is withdrawn, once", async () => {
    const { stripe, call } = await stripeThat({ [READ]: managed, [RELEASE]: schedule(RUNNING) });
    expect(await call(on("withdraw_change"))).toEqual({ name: "withdraw_change", state: "done" });
    stripe.script(READ, { body: subscription() });
    await call(on("withdraw_change"));
    expect(stripe.requests()).toEqual([READ, RELEASE, READ]);
  });
});

const lookAt = async (there: object | null) => {
  const { provider } = await stripeThat({
    [READ]: subscription({ schedule: there }),
    "GET /v1/invoices": { object: "list", data: [], has_more: false },
  });
  const seen = await provider.look({ subscriptionId: SUBSCRIPTION, sessionId: null, named: [] });
  return seen.subscription?.scheduled;
};

describe("reading", () => {
  it.each<[CallRequest, object | null, boolean]>([
    [LATER, schedule(RUNNING, NEXT), true],
    [LATER, schedule(PAST, RUNNING, NEXT), true],
    [LATER, schedule(RUNNING), false],
    [LATER, schedule(RUNNING, phase(END, END + 9, "price_third")), false],
    [LATER, null, false],
    [on("withdraw_change"), null, true],
    [on("withdraw_change"), schedule(RUNNING), false],
  ])("R6: whether it was done: $name with %j is %j", async (request, there, done) => {
    const { stripe, provider } = await stripeThat({ [READ]: subscription({ schedule: there }) });
    expect(await provider.find(request, 0)).toEqual(done ? { name: request.name, state: "done" } : null);
    expect(stripe.queries(`/v1/subscriptions/${SUBSCRIPTION}`)).toEqual([{ "expand[0]": "schedule" }]);
  });

  it("R6: a new price under a schedule is half a change: the next attempt releases it", async () => {
    const { provider } = await stripeThat({
      [READ]: subscription({
        schedule: schedule(RUNNING),
        items: {
          object: "list",
          data: [{ id: "si_1", quantity: 3, price: { id: "price_other", currency: "usd" } }],
        },
      }),
    });
    expect(await provider.find(NOW, 0)).toBeNull();
  });

  it("a look sees the terms that begin later, of the first phase that sells something else", async () => {
    const scheduled = { at: END * 1_000, priceId: "price_other", quantity: 3 };
    expect(await lookAt(schedule(PAST, RUNNING, NEXT))).toEqual(scheduled);
    expect(
      await lookAt(schedule(RUNNING, phase(END, END + 5, PRICE), phase(END + 5, END + 9, "price_other"))),
    ).toEqual({ ...scheduled, at: (END + 5) * 1_000 });
    for (const nothing of [null, schedule(RUNNING), schedule(PAST, RUNNING)]) {
      expect(await lookAt(nothing)).toBeNull();
    }
  });
});
