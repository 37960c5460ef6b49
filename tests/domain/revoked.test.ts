import { describe, expect, test } from "vitest";
import type { OrderedOperation } from "../../domain/call.ts";
import { revoked } from "../../domain/order.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { command, IN, MONTH, observed, paidInvoice, START } from "./builders.ts";
import { decideOn } from "./deciding.ts";

const on = (
  name:
    | "arrange_end"
    | "cancel_subscription"
    | "pause_collection"
    | "resume_collection"
    | "withdraw_change"
    | "withdraw_end",
): OrderedOperation => ({
  name,
  providerSubscriptionId: "sub_1",
});
const terms = { providerSubscriptionId: "sub_1", priceId: "price_scale", quantity: 1 };
const SCHEDULE: OrderedOperation = { name: "schedule_change", interval: "month", ...terms };
const CHANGE: OrderedOperation = { name: "change_price", ...terms };
const PAY: OrderedOperation = { name: "pay_invoice", invoiceId: "in_1" };
const toEnd = { ...IN.active, cancelAt: START + MONTH };

describe("what was asked while the provider was away, and is carried out when it is back", () => {
  test.each<[OrderedOperation, Subscription]>([
    [on("cancel_subscription"), IN.past_due],
    [on("arrange_end"), IN.active],
    [on("withdraw_end"), toEnd],
    [on("pause_collection"), IN.active],
    [on("resume_collection"), IN.paused],
    [PAY, IN.unpaid],
    [CHANGE, IN.trialing],
    [CHANGE, toEnd],
    [SCHEDULE, IN.active],
    [on("withdraw_change"), IN.active],
  ])("%j stands while it is still allowed", (operation, subscription) => {
    expect(revoked(operation, subscription)).toBeNull();
  });

  test.each<[OrderedOperation, Subscription, RegExp]>([
    [on("cancel_subscription"), IN.canceled, /^The subscription is canceled already$/],
    [on("withdraw_end"), IN.active, /no end is arranged/],
    [on("pause_collection"), IN.past_due, /^The subscription is past_due; what can be asked now: /],
    [on("resume_collection"), IN.active, /is active/],
    [PAY, IN.active, /is active/],
    [CHANGE, IN.past_due, /is past_due/],
    [SCHEDULE, IN.unpaid, /is unpaid/],
    [SCHEDULE, toEnd, /^Its end is arranged by now$/],
    [on("withdraw_change"), IN.paused, /is paused/],
  ])("%j is revoked by what has happened since", (operation, subscription, why) => {
    expect(revoked(operation, subscription)).toMatch(why);
  });
});

describe("a command whose call is still to be carried out", () => {
  const paused = { subscription: observed({ status: "paused" }), invoices: [paidInvoice()] };
  const pausing = [command("pause", "c1"), command("cancel_at_period_end", "c2")];

  test("waits for what comes of it, whatever the state is by now, and the next waits behind it", () => {
    const decision = decideOn(paused, { subscription: IN.active }, { commands: pausing, pending: ["c1"] });
    expect(decision).toMatchObject({ answers: [], calls: [] });
  });

  test("keeps no cancel waiting: it ends what waits", () => {
    const commands = [command("pause", "c1"), command("cancel", "c2")];
    const decision = decideOn(paused, { subscription: IN.active }, { commands, pending: ["c1"] });
    expect(decision.answers).toEqual([]);
    expect(decision.calls.map(({ commandId }) => commandId)).toEqual(["c2"]);
  });

  test("is answered from the state where nothing is under way", () => {
    const decision = decideOn(paused, { subscription: IN.active }, { commands: pausing, pending: ["c9"] });
    expect(decision.answers).toMatchObject([{ commandId: "c1", outcome: { reason: "not_allowed" } }]);
    expect(decision.calls.map(({ commandId }) => commandId)).toEqual(["c2"]);
  });
});
