import { describe, expect, test } from "vitest";
import type { FinishedCall, Operation } from "../../domain/call.ts";
import type { Decision } from "../../domain/decide.ts";
import type { Life } from "../../domain/life.ts";
import type { ObservedInvoice } from "../../domain/observation.ts";
import type { Policy } from "../../domain/policy.ts";
import { DAY } from "../../domain/time.ts";
import { failedInvoice, IN, OURS, observed, paid, paidInvoice, START } from "./builders.ts";
import { byPolicy, decideOn, told, wanted } from "./deciding.ts";

const isTold = (decision: Decision) => told(decision.alerts).includes("late_payment:pi_2");

const finished = (end: FinishedCall["end"], because: "late" | "duplicate"): FinishedCall => ({
  key: "stripe/refund/pi_2",
  commandId: null,
  operation: {
    name: "refund_payment",
    paymentId: "pi_2",
    refunded: { amount: 2_900, currency: "usd" },
    because,
  },
  end,
});

const why = (call: FinishedCall) =>
  decideOn({ subscription: observed() }, { subscription: IN.active }, { calls: [call] }).why;

describe("R8: money that comes in after the end", () => {
  const { endedAt } = IN.canceled;
  const late = (paidAt: number) =>
    paidInvoice({ id: "in_2", createdAt: endedAt - DAY, paidAt, payments: [paid("pi_2")] });
  const after = (
    invoices: readonly ObservedInvoice[],
    known: Partial<Life> = {},
    policy: Partial<Policy> = {},
  ) =>
    decideOn(
      { subscription: observed({ status: "canceled", endedAt, canceledAt: endedAt }), invoices },
      { subscription: IN.canceled, ...known },
      { now: endedAt + 3 * DAY, catalog: byPolicy(policy) },
    );
  const REFUND: Operation = {
    name: "refund_payment",
    paymentId: "pi_2",
    refunded: { amount: 2_900, currency: "usd" },
    because: "late",
  };

  test("goes back by policy, under the payment's key, and is told", () => {
    const decision = after([paidInvoice(), late(endedAt + 1)]);
    expect(decision.calls).toEqual([{ key: "stripe/refund/pi_2", commandId: null, operation: REFUND }]);
    expect(decision.alerts.find(({ kind }) => kind === "late_payment")).toMatchObject({
      superseded: false,
      text: "29.00 USD came in after the end of the subscription: it is refunded",
      fields: { subscription: OURS, payment: "pi_2", invoice: "in_2", amount: 2_900, currency: "usd" },
    });
    expect(decision.payments.map(({ id }) => id)).toEqual(["pi_1", "pi_2"]);
  });

  test("is kept by policy, and told for somebody to decide", () => {
    const decision = after([late(endedAt + 1)], {}, { latePayments: "keep" });
    expect(decision.calls).toEqual([]);
    expect(decision.alerts.find(({ kind }) => kind === "late_payment")?.text).toBe(
      "29.00 USD came in after the end of the subscription: it is kept: decide what becomes of it",
    );
  });

  test("what was tried after the end and failed is no money", () => {
    const tried = failedInvoice({ id: "in_2", createdAt: endedAt + 1 });
    expect(isTold(after([tried]))).toBe(false);
    expect(after([tried]).calls).toEqual([]);
  });

  test("up to the end it is the price of what was had", () => {
    const decision = after([late(endedAt)]);
    expect([decision.calls, isTold(decision)]).toEqual([[], false]);
  });

  test("is late also where it is what shows the end: of a subscription that was running for us", () => {
    const decision = after([late(endedAt + 1)], { subscription: IN.active });
    expect([wanted(decision), isTold(decision)]).toEqual([[REFUND], true]);
  });

  test("is told and refunded once: not of a payment that we have recorded", () => {
    const recorded = after([late(endedAt + 1)]).payments;
    const again = after([late(endedAt + 1)], { payments: recorded });
    expect([again.calls, isTold(again)]).toEqual([[], false]);
    const another = recorded.map((payment) => ({ ...payment, id: "pi_9" }));
    expect(wanted(after([late(endedAt + 1)], { payments: another }))).toEqual([REFUND]);
    const failed = recorded.map((payment) => ({ ...payment, status: "failed" as const }));
    expect(wanted(after([late(endedAt + 1)], { payments: failed }))).toEqual([REFUND]);
  });

  test("of a first payment that came too late, too", () => {
    const over = IN.incomplete_expired;
    const decision = decideOn(
      {
        subscription: observed({ status: "incomplete_expired", endedAt: over.endedAt }),
        invoices: [{ ...late(over.endedAt + 1), createdAt: START }],
      },
      { subscription: over },
    );
    expect(wanted(decision)).toEqual([REFUND]);
  });

  test("is not late where the provider has charged it with the end, or after it", () => {
    for (const createdAt of [endedAt, endedAt + DAY]) {
      const decision = after([{ ...late(endedAt + 2 * DAY), createdAt }]);
      expect([wanted(decision), isTold(decision)]).toEqual([[], false]);
    }
  });

  test("of one that runs there is no late money", () => {
    const decision = decideOn(
      { subscription: observed(), invoices: [late(endedAt + 1)] },
      { subscription: IN.active },
    );
    expect([decision.calls, isTold(decision)]).toEqual([[], false]);
  });

  test.each<[string, Partial<Life>, boolean]>([
    [
      "R14: what was there when we first saw it is not ours to give back",
      { checkout: null, subscription: null },
      false,
    ],
    ["R14: nor what came in before we knew it", { checkout: null, adoptedAt: endedAt + 1 }, false],
    ["what came in since is", { checkout: null, adoptedAt: endedAt }, true],
    ["and of what our checkout sold all of it is, also at the first look", { subscription: null }, true],
  ])("%s", (_what, known, isOurs) => {
    const decision = after([late(endedAt + 1)], known);
    expect([wanted(decision), isTold(decision)]).toEqual(isOurs ? [[REFUND], true] : [[], false]);
    expect(decision.alerts.some(({ kind }) => kind === "late_payment")).toBe(isOurs);
  });

  test("what became of it is said in the timeline", () => {
    const done = { state: "done", expiresAt: null } as const;
    expect(why(finished(done, "late"))).toContain("we gave 29.00 USD back: it came in after the end");
    expect(why(finished(done, "duplicate"))).toContain(
      "we gave 29.00 USD back: it was paid for a second one",
    );
    expect(
      why(finished({ state: "refused", reason: "provider_refused", what: "disputed" }, "late")),
    ).toContain("29.00 USD could not be given back: disputed");
  });
});

const refused = (reason: "provider_refused" | "not_needed"): FinishedCall => ({
  key: `stripe/end_unpaid/sub_1/${START}`,
  commandId: null,
  operation: { name: "end_unpaid", providerSubscriptionId: "sub_1" },
  end: { state: "refused", reason, what: "locked" },
});

const heard = (call: FinishedCall) =>
  decideOn(
    { subscription: observed(), invoices: [paidInvoice()] },
    { subscription: IN.active },
    { calls: [call] },
  );

describe("R7: what policy asks for and the provider refuses for good", () => {
  test("is told to operators and needs attention", () => {
    const decision = heard(refused("provider_refused"));
    expect(decision.needsAttention).toBe("locked");
    expect(decision.alerts.at(-1)).toMatchObject({
      key: `call_refused:stripe/end_unpaid/sub_1/${START}`,
      text: `The provider refuses what our policy asks for (stripe/end_unpaid/sub_1/${START}): locked`,
      superseded: false,
    });
    expect(decision.why).toContain("we did not end it: locked");
  });

  test("what was not needed any more needs nobody", () => {
    const decision = heard(refused("not_needed"));
    expect(decision.needsAttention).toBeNull();
    expect(told(decision.alerts)).toEqual(["subscription_started:sub_1"]);
  });
});
