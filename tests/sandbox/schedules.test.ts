import type { Stripe } from "stripe";
import { describe, expect, it } from "vitest";
import {
  type Bought,
  buy,
  chargesOf,
  idOf,
  latestInvoice,
  startSandbox,
  type TestSandbox,
} from "./support.ts";

interface Planned extends Bought {
  readonly schedule: string;
  /** when the running period ends, seconds */
  readonly end: number;
}

/** Pro by the month, which a schedule turns into something else when the period ends. */
async function planned(
  sandbox: TestSandbox,
  next: Omit<Stripe.SubscriptionScheduleUpdateParams.Phase, "start_date">,
): Promise<Planned> {
  const { stripe } = sandbox;
  const bought = await buy(sandbox);
  const { id, current_phase: phase } = await stripe.subscriptionSchedules.create({
    from_subscription: bought.subscription,
  });
  const { start_date, end_date } = phase ?? { start_date: 0, end_date: 0 };
  await stripe.subscriptionSchedules.update(id, {
    end_behavior: "release",
    phases: [{ items: [{ price: "price_pro_monthly", quantity: 1 }], start_date, end_date }, next],
  });
  return { ...bought, schedule: id, end: end_date };
}

const inPeriods = async ({ control }: TestSandbox, end: number): Promise<void> => {
  await control("/advance", { to: (end + 2 * 3_600) * 1_000 });
};

describe("a schedule", () => {
  it("is made from a subscription, as one phase that is the running period", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const { subscription } = await buy(sandbox);
    const before = (await sandbox.events()).length;
    const made = await stripe.subscriptionSchedules.create({ from_subscription: subscription });
    expect(await sandbox.events(before)).toEqual([
      "subscription_schedule.created",
      "customer.subscription.updated",
    ]);
    const sub = await stripe.subscriptions.retrieve(subscription, { expand: ["schedule"] });
    expect(sub.schedule).toMatchObject({ object: "subscription_schedule", id: made.id });
    const [item] = sub.items.data;
    expect(made).toMatchObject({
      status: "active",
      end_behavior: "release",
      subscription,
      phases: [
        {
          start_date: item?.current_period_start,
          end_date: item?.current_period_end,
          items: [{ price: "price_pro_monthly", quantity: 1 }],
        },
      ],
    });
    await expect(
      stripe.subscriptionSchedules.create({ from_subscription: subscription }),
    ).rejects.toMatchObject({ statusCode: 400, param: "from_subscription" });
  });

  it("changes price and quantity with the period, at the new price alone, and lets go a period later", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const { subscription, customer, schedule, end } = await planned(sandbox, {
      items: [{ price: "price_scale_monthly", quantity: 2 }],
      metadata: { plan: "scale" },
    });
    const waiting = await stripe.subscriptions.retrieve(subscription);
    expect(waiting.items.data).toMatchObject([{ price: { id: "price_pro_monthly" }, quantity: 1 }]);
    expect((await chargesOf(sandbox, customer)).map(({ amount }) => amount)).toEqual([2900]);

    await inPeriods(sandbox, end);
    const changed = await stripe.subscriptions.retrieve(subscription);
    expect(changed).toMatchObject({
      schedule,
      metadata: { plan: "scale" },
      billing_cycle_anchor: waiting.billing_cycle_anchor,
      items: { data: [{ price: { id: "price_scale_monthly" }, quantity: 2, current_period_start: end }] },
    });
    expect(await latestInvoice(sandbox, subscription)).toMatchObject({
      billing_reason: "subscription_cycle",
      status: "paid",
      amount_due: 19_800,
      lines: { data: [{ amount: 19_800 }] },
    });

    await inPeriods(sandbox, changed.items.data[0]?.current_period_end ?? 0);
    expect((await stripe.subscriptions.retrieve(subscription)).schedule).toBeNull();
    expect(await stripe.subscriptionSchedules.retrieve(schedule)).toMatchObject({
      status: "released",
      released_subscription: subscription,
      subscription: null,
    });
    const amounts = (await chargesOf(sandbox, customer)).map(({ amount }) => amount);
    expect(amounts).toEqual([19_800, 19_800, 2900]);
  });

  it("that changes the interval begins a cycle of its own, without prorations", async () => {
    const sandbox = await startSandbox();
    const { stripe, receiver } = sandbox;
    const { subscription, end } = await planned(sandbox, {
      items: [{ price: "price_pro_yearly", quantity: 1 }],
    });
    await inPeriods(sandbox, end);
    const changed = await stripe.subscriptions.retrieve(subscription);
    const [item] = changed.items.data;
    expect(changed.billing_cycle_anchor).toBe(end);
    const year = new Date(end * 1000);
    year.setUTCFullYear(year.getUTCFullYear() + 1);
    expect(item).toMatchObject({ current_period_start: end, current_period_end: year.getTime() / 1000 });
    expect(await latestInvoice(sandbox, subscription)).toMatchObject({
      status: "paid",
      lines: { data: [{ amount: 29_000, parent: { subscription_item_details: { proration: false } } }] },
    });
    // the announcement a week before was of the new price
    const upcoming = receiver.received.find(({ event }) => event.type === "invoice.upcoming");
    expect(upcoming?.event.data.object).toMatchObject({ amount_due: 29_000 });
  });

  it("whose phase ends in the middle of a period changes the items with prorations", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    const { subscription, schedule, end } = await planned(sandbox, {
      items: [{ price: "price_scale_monthly", quantity: 1 }],
    });
    const { start_date, end_date } = (await stripe.subscriptionSchedules.retrieve(schedule))
      .current_phase ?? { start_date: 0, end_date: end };
    const middle = (start_date + end_date) / 2;
    await stripe.subscriptionSchedules.update(schedule, {
      phases: [
        { items: [{ price: "price_pro_monthly" }], start_date, end_date: middle },
        { items: [{ price: "price_scale_monthly" }], proration_behavior: "always_invoice" },
      ],
    });
    await control("/advance", { to: (middle + 60) * 1_000 });
    expect(await latestInvoice(sandbox, subscription)).toMatchObject({
      billing_reason: "subscription_update",
      status: "paid",
      amount_due: 4950 - 1450,
    });
  });

  it("alone says when its subscription ends, until it lets go", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const { subscription, schedule } = await planned(sandbox, { items: [{ price: "price_scale_monthly" }] });
    for (const end of [{ cancel_at_period_end: true }, { cancel_at: "min_period_end" as const }]) {
      await expect(stripe.subscriptions.update(subscription, end)).rejects.toMatchObject({
        type: "StripeInvalidRequestError",
        message: `The subscription is managed by the subscription schedule \`${schedule}\`, and updating any cancelation behavior directly is not allowed. Please update the schedule instead.`,
      });
    }
    expect(await stripe.subscriptionSchedules.release(schedule)).toMatchObject({
      status: "released",
      current_phase: null,
    });
    await expect(stripe.subscriptionSchedules.release(schedule)).rejects.toMatchObject({ statusCode: 400 });
    const kept = await stripe.subscriptions.update(subscription, { cancel_at_period_end: true });
    expect(kept).toMatchObject({ schedule: null, cancel_at_period_end: true });
    expect(kept.items.data[0]?.price.id).toBe("price_pro_monthly");
  });

  it("can end the subscription with its last phase", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const { subscription, schedule, end } = await planned(sandbox, {
      items: [{ price: "price_scale_monthly" }],
    });
    await stripe.subscriptionSchedules.update(schedule, { end_behavior: "cancel" });
    await inPeriods(sandbox, end);
    const { cancel_at: at } = await stripe.subscriptions.retrieve(subscription);
    await inPeriods(sandbox, at ?? 0);
    expect(await stripe.subscriptions.retrieve(subscription)).toMatchObject({
      status: "canceled",
      ended_at: at,
    });
    expect((await stripe.subscriptionSchedules.retrieve(schedule)).status).toBe("completed");
  });

  it("is canceled with its subscription", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const { subscription, schedule } = await planned(sandbox, { items: [{ price: "price_scale_monthly" }] });
    const before = (await sandbox.events()).length;
    await stripe.subscriptions.cancel(subscription);
    expect(await sandbox.events(before)).toEqual([
      "subscription_schedule.canceled",
      "customer.subscription.deleted",
    ]);
    expect((await stripe.subscriptionSchedules.retrieve(schedule)).status).toBe("canceled");
  });

  it("takes phases from the running one on, each from the end of the one before", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const { schedule, end } = await planned(sandbox, { items: [{ price: "price_scale_monthly" }] });
    const phase = { items: [{ price: "price_pro_monthly" }] };
    const { start_date } = (await stripe.subscriptionSchedules.retrieve(schedule)).current_phase ?? {
      start_date: 0,
    };
    for (const phases of [
      [phase],
      [{ ...phase, start_date: start_date + 1 }],
      [{ ...phase, start_date, end_date: start_date }],
      [
        { ...phase, start_date, end_date: end },
        { ...phase, start_date: end + 1 },
      ],
      [{ items: [{ price: "price_none" }], start_date }],
    ]) {
      await expect(stripe.subscriptionSchedules.update(schedule, { phases })).rejects.toMatchObject({
        type: "StripeInvalidRequestError",
        param: expect.stringMatching(/^phases/),
      });
    }
    expect((await stripe.subscriptionSchedules.retrieve(schedule)).phases).toHaveLength(2);
  });

  it("keeps a trial whose end the running phase names, and ends one that it leaves out", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const { subscription } = await buy(sandbox, { subscription_data: { trial_period_days: 14 } });
    const { id, phases } = await stripe.subscriptionSchedules.create({ from_subscription: subscription });
    const [{ start_date, end_date, trial_end } = { start_date: 0, end_date: 0, trial_end: null }] = phases;
    const running = { items: [{ price: "price_pro_monthly" }], start_date, end_date };
    const next = { items: [{ price: "price_scale_monthly" }] };
    await stripe.subscriptionSchedules.update(id, {
      phases: [{ ...running, trial_end: trial_end ?? 0 }, next],
    });
    expect((await stripe.subscriptions.retrieve(subscription)).status).toBe("trialing");
    await stripe.subscriptionSchedules.update(id, { phases: [running, next] });
    expect((await stripe.subscriptions.retrieve(subscription)).status).toBe("active");
  });

  it("follows what the subscription itself is changed to", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const { subscription, schedule } = await planned(sandbox, { items: [{ price: "price_scale_monthly" }] });
    const { items } = await stripe.subscriptions.retrieve(subscription);
    await stripe.subscriptions.update(subscription, { items: [{ id: idOf(items.data[0]), quantity: 3 }] });
    expect((await stripe.subscriptionSchedules.retrieve(schedule)).phases).toMatchObject([
      { items: [{ price: "price_pro_monthly", quantity: 3 }] },
      { items: [{ price: "price_scale_monthly", quantity: 1 }] },
    ]);
  });
});
