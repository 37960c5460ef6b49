import { describe, expect, it } from "vitest";
import { buy, chargesOf, idOf, startSandbox } from "./support.ts";

describe("a refund", () => {
  it("in part and then in full is two refunds of one charge, and ends no subscription", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const { subscription, customer } = await buy(sandbox);
    const [charge] = await chargesOf(sandbox, customer);
    const id = charge?.id ?? "";
    const before = (await sandbox.events()).length;
    await stripe.refunds.create({ charge: id, amount: 900, reason: "requested_by_customer" });
    expect(await stripe.charges.retrieve(id)).toMatchObject({ refunded: false, amount_refunded: 900 });
    const rest = await stripe.refunds.create({ payment_intent: idOf(charge?.payment_intent) });
    expect(rest).toMatchObject({ amount: 2000, status: "succeeded", charge: id });
    expect(await stripe.charges.retrieve(id)).toMatchObject({ refunded: true, amount_refunded: 2900 });
    expect(await sandbox.events(before)).toEqual([
      "refund.created",
      "charge.refunded",
      "refund.created",
      "charge.refunded",
    ]);
    expect((await stripe.refunds.list({ charge: id })).data.map(({ amount }) => amount)).toEqual([2000, 900]);
    expect((await stripe.subscriptions.retrieve(subscription)).status).toBe("active");
    await expect(stripe.refunds.create({ charge: id })).rejects.toMatchObject({
      code: "charge_already_refunded",
    });
    const told = (await stripe.events.list({ type: "charge.refunded" })).data[0];
    // the charge of today's versions does not list its refunds
    expect(told?.data.object).not.toHaveProperty("refunds");
  });

  it("of more than is left is refused", async () => {
    const sandbox = await startSandbox();
    const { customer } = await buy(sandbox);
    const [charge] = await chargesOf(sandbox, customer);
    await expect(
      sandbox.stripe.refunds.create({ charge: charge?.id ?? "", amount: 2901 }),
    ).rejects.toMatchObject({ statusCode: 400, param: "amount" });
    expect((await sandbox.stripe.refunds.list()).data).toEqual([]);
  });

  it("can turn out to have failed, and then the money is the merchant's again", async () => {
    const sandbox = await startSandbox();
    const { customer } = await buy(sandbox);
    const [charge] = await chargesOf(sandbox, customer);
    const refund = await sandbox.stripe.refunds.create({ charge: charge?.id ?? "" });
    const before = (await sandbox.events()).length;
    await sandbox.control(`/refunds/${refund.id}/fail`, {});
    expect(await sandbox.events(before)).toEqual(["refund.updated", "refund.failed", "charge.updated"]);
    expect(await sandbox.stripe.refunds.retrieve(refund.id)).toMatchObject({
      status: "failed",
      failure_reason: "lost_or_stolen_card",
    });
    expect((await chargesOf(sandbox, customer))[0]?.amount_refunded).toBe(0);
  });
});

describe("a dispute", () => {
  it("takes the money at once, and a won one brings it back", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    const { subscription, customer } = await buy(sandbox);
    const [charge] = await chargesOf(sandbox, customer);
    const before = (await sandbox.events()).length;
    const { dispute } = await control<{ dispute: string }>(`/charges/${charge?.id}/dispute`, {
      reason: "product_not_received",
    });
    expect(await stripe.disputes.retrieve(dispute)).toMatchObject({
      amount: 2900,
      reason: "product_not_received",
      status: "needs_response",
      charge: charge?.id,
    });
    await expect(stripe.refunds.create({ charge: charge?.id ?? "" })).rejects.toMatchObject({
      code: "charge_disputed",
    });
    await control(`/disputes/${dispute}/close`, { won: true });
    expect(await sandbox.events(before)).toEqual([
      "charge.dispute.created",
      "charge.dispute.funds_withdrawn",
      "charge.dispute.updated",
      "charge.dispute.funds_reinstated",
      "charge.dispute.closed",
    ]);
    expect((await stripe.subscriptions.retrieve(subscription)).status).toBe("active");
  });

  it("that is lost can end the subscription", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    const { subscription, customer } = await buy(sandbox);
    const [charge] = await chargesOf(sandbox, customer);
    const { dispute } = await control<{ dispute: string }>(`/charges/${charge?.id}/dispute`, {});
    await control(`/disputes/${dispute}/close`, { won: false, cancel_subscription: true });
    expect((await stripe.disputes.retrieve(dispute)).status).toBe("lost");
    expect(await stripe.subscriptions.retrieve(subscription)).toMatchObject({
      status: "canceled",
      cancellation_details: { reason: "payment_disputed" },
    });
  });
});
