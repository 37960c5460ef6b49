import { describe, expect, it } from "vitest";
import { buy, chargesOf, latestInvoice, startSandbox } from "./support.ts";

const toRenewal = { months: 1 };
/** The invoice stays a draft for an hour; a minute more for the way. */
const theHour = { hours: 1, minutes: 1 };

describe("a renewal", () => {
  it("moves the period first and asks for the money an hour later", async () => {
    const sandbox = await startSandbox();
    const { subscription, customer } = await buy(sandbox);
    const before = (await sandbox.events()).length;

    await sandbox.control("/advance", toRenewal);
    expect(await sandbox.events(before)).toEqual([
      "invoice.upcoming",
      "invoice.created",
      "customer.subscription.updated",
    ]);
    const draft = await latestInvoice(sandbox, subscription);
    expect(draft).toMatchObject({ status: "draft", billing_reason: "subscription_cycle", amount_due: 2900 });
    const [item] = (await sandbox.stripe.subscriptions.retrieve(subscription)).items.data;
    expect(item?.current_period_start).toBe(draft.period_end);
    expect(await chargesOf(sandbox, customer)).toHaveLength(1);

    await sandbox.control("/advance", theHour);
    expect(await sandbox.events(before + 3)).toEqual([
      "invoice.updated",
      "invoice.finalized",
      "payment_intent.created",
      "charge.succeeded",
      "payment_intent.succeeded",
      "invoice.updated",
      "invoice.paid",
      "invoice.payment_succeeded",
      "invoice_payment.paid",
    ]);
    expect(await latestInvoice(sandbox, subscription)).toMatchObject({ id: draft.id, status: "paid" });
    expect(await chargesOf(sandbox, customer)).toHaveLength(2);
  });

  it("happens each month on the day of the first, however far the clock is moved at once", async () => {
    const sandbox = await startSandbox();
    const { subscription, customer } = await buy(sandbox);
    await sandbox.control("/advance", { months: 12, hours: 2 });
    expect(await chargesOf(sandbox, customer)).toHaveLength(13);
    const found = await sandbox.stripe.subscriptions.retrieve(subscription);
    const started = new Date(found.start_date * 1000);
    const renewed = new Date((found.items.data[0]?.current_period_start ?? 0) * 1000);
    expect(renewed.getUTCFullYear()).toBe(started.getUTCFullYear() + 1);
    expect(renewed.getUTCMonth()).toBe(started.getUTCMonth());
  });
});

describe("a renewal that cannot be paid", () => {
  it("is past due after the first attempt, is tried again by the calendar, and recovers by a payment", async () => {
    const sandbox = await startSandbox();
    const { subscription, customer } = await buy(sandbox);
    await sandbox.control(`/customers/${customer}/card`, { card: "4000000000000341" });
    await sandbox.control("/advance", toRenewal);
    const before = (await sandbox.events()).length;
    await sandbox.control("/advance", theHour);
    expect(await sandbox.events(before)).toEqual([
      "invoice.updated",
      "invoice.finalized",
      "payment_intent.created",
      "payment_intent.payment_failed",
      "charge.failed",
      "invoice.updated",
      "invoice.payment_failed",
      "customer.subscription.updated",
    ]);
    expect((await sandbox.stripe.subscriptions.retrieve(subscription)).status).toBe("past_due");
    const failed = await latestInvoice(sandbox, subscription);
    expect(failed).toMatchObject({ status: "open", attempted: true, attempt_count: 1 });
    expect((failed.next_payment_attempt ?? 0) - (failed.status_transitions.finalized_at ?? 0)).toBe(
      3 * 86_400,
    );

    await sandbox.control("/advance", { days: 3 });
    expect(await sandbox.events(before + 8)).toEqual([
      "payment_intent.payment_failed",
      "charge.failed",
      "invoice.updated",
      "invoice.payment_failed",
    ]);
    expect((await latestInvoice(sandbox, subscription)).attempt_count).toBe(2);

    await sandbox.control(`/customers/${customer}/card`, { card: "4242424242424242" });
    const recovering = (await sandbox.events()).length;
    await sandbox.control(`/invoices/${failed.id}/pay`, {});
    expect(await sandbox.events(recovering)).toEqual([
      "charge.succeeded",
      "payment_intent.succeeded",
      "invoice.updated",
      "invoice.paid",
      "invoice.payment_succeeded",
      "invoice_payment.paid",
      "customer.subscription.updated",
    ]);
    expect((await sandbox.stripe.subscriptions.retrieve(subscription)).status).toBe("active");
    // paying by hand is no automatic retry, which is all that is counted after the first attempt
    expect(await latestInvoice(sandbox, subscription)).toMatchObject({ status: "paid", attempt_count: 2 });
    const [paid, ...declined] = await chargesOf(sandbox, customer);
    expect(paid).toMatchObject({ status: "succeeded", amount: 2900 });
    expect(declined.slice(0, 2).map(({ status }) => status)).toEqual(["failed", "failed"]);
  });

  it.each([
    ["canceled", "customer.subscription.deleted", "payment_failed"],
    ["unpaid", "customer.subscription.updated", null],
  ] as const)("ends %s when the retries are used up, as the account is set", async (after, last, reason) => {
    const sandbox = await startSandbox();
    await sandbox.control("/knobs", { billing: { retry_days: [1], after_retries: after } });
    const { subscription, customer } = await buy(sandbox);
    await sandbox.control(`/customers/${customer}/card`, { card: "4000000000000341" });
    await sandbox.control("/advance", { months: 1, days: 2 });
    const found = await sandbox.stripe.subscriptions.retrieve(subscription);
    expect(found.status).toBe(after);
    expect(found.cancellation_details?.reason ?? null).toBe(reason);
    expect((await sandbox.events()).at(-1)).toBe(last);
    expect(await latestInvoice(sandbox, subscription)).toMatchObject({
      status: "open",
      attempt_count: 2,
      next_payment_attempt: null,
    });
  });

  it("stays past due for ever when the account is set so", async () => {
    const sandbox = await startSandbox();
    await sandbox.control("/knobs", { billing: { retry_days: [1], after_retries: "past_due" } });
    const { subscription, customer } = await buy(sandbox);
    await sandbox.control(`/customers/${customer}/card`, { card: "4000000000000341" });
    await sandbox.control("/advance", { months: 1, days: 20 });
    expect((await sandbox.stripe.subscriptions.retrieve(subscription)).status).toBe("past_due");
  });

  it("asks the customer to confirm when the card wants that", async () => {
    const sandbox = await startSandbox();
    const { subscription, customer } = await buy(sandbox);
    await sandbox.control(`/customers/${customer}/card`, { card: "4000 0025 0000 3155" });
    await sandbox.control("/advance", { months: 1, hours: 2 });
    const events = await sandbox.events();
    expect(events).toContain("invoice.payment_action_required");
    expect(events.at(-1)).toBe("customer.subscription.updated");
    expect((await sandbox.stripe.subscriptions.retrieve(subscription)).status).toBe("past_due");
    // at the keyboard they can
    const { id } = await latestInvoice(sandbox, subscription);
    await sandbox.control(`/invoices/${id}/pay`, {});
    expect((await sandbox.stripe.subscriptions.retrieve(subscription)).status).toBe("active");
  });
});
