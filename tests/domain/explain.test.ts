import { describe, expect, test } from "vitest";
import type { Turn } from "../../domain/life.ts";
import type { ObservedChange, ObservedSubscription } from "../../domain/observation.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { DAY } from "../../domain/time.ts";
import {
  command,
  dispute,
  failedInvoice,
  IN,
  MONTH,
  observed,
  paid,
  paidInvoice,
  refund,
  START,
} from "./builders.ts";
import { decideOn } from "./deciding.ts";

const why = (
  change: Partial<ObservedSubscription>,
  subscription: Turn["life"]["subscription"],
  turn: Partial<Turn> = {},
) => decideOn({ subscription: observed(change) }, { subscription }, turn).why;

test("says what is new besides the state, and who asked for what", () => {
  expect(why({}, IN.active)).toBe("Still active at the provider");
  expect(why({ cancelAt: START + MONTH }, IN.active)).toBe(
    "Still active at the provider (its end is arranged)",
  );
  expect(why({ cancelAt: null }, { ...IN.active, cancelAt: START + MONTH })).toBe(
    "Still active at the provider (its arranged end is withdrawn)",
  );
  expect(why({ priceId: "price_scale" }, IN.active)).toBe("Still active at the provider (from pro to scale)");
  expect(
    why({ status: "canceled", endedAt: START + DAY }, IN.active, {
      commands: [{ ...command("cancel"), askedBy: "maria", why: "asked by phone" }],
    }),
  ).toBe("The provider changed it: active → canceled (maria asked for cancel: asked by phone)");
});

test("a failure is said once an attempt, a refund with what became of it", () => {
  const invoices = [failedInvoice({ attempts: 2 })];
  const seen = { subscription: observed({ status: "past_due" }), invoices };
  const first = decideOn(seen, { subscription: IN.past_due });
  expect(first.why).toBe(
    "Still past_due at the provider (payment of 29.00 USD failed, attempt 2; the customer is told that the payment failed)",
  );
  const known = { subscription: IN.past_due, announced: ["dunning:in_1:0"] };
  const again = decideOn(seen, { ...known, payments: first.payments });
  expect(again.why).toBe("Still past_due at the provider");
  const elsewhere = first.payments.map((payment) => ({ ...payment, invoiceId: "in_0" }));
  expect(decideOn(seen, { ...known, payments: elsewhere }).why).toContain("failed, attempt 2");
  const refunded = decideOn(
    {
      subscription: observed(),
      invoices: [],
      refunds: [refund({ status: "pending", paymentId: paid("pi_1").id })],
    },
    { subscription: IN.active },
  );
  expect(refunded.why).toBe("Still active at the provider (refund of 10.00 USD pending)");
});

test("a payment is said once, also one that had failed before", () => {
  const seen = { subscription: observed(), invoices: [paidInvoice()] };
  const paidOnce = decideOn(seen, { subscription: IN.active });
  expect(paidOnce.why).toBe("Still active at the provider (29.00 USD paid)");
  expect(decideOn(seen, { subscription: IN.active, payments: paidOnce.payments }).why).toBe(
    "Still active at the provider",
  );
  const failed = paidOnce.payments.map((payment) => ({ ...payment, status: "failed" as const }));
  expect(decideOn(seen, { subscription: IN.active, payments: failed }).why).toContain("29.00 USD paid");
});

test.each<[string, ObservedSubscription["status"], Subscription | null, string]>([
  ["new", "trialing", null, "The provider has a subscription, trialing"],
  ["recovered", "active", IN.past_due, "The overdue payment came through: past_due → active"],
  ["a trial that is over", "active", IN.trialing, "The provider changed it: trialing → active"],
  ["given up", "unpaid", IN.past_due, "The provider changed it: past_due → unpaid"],
])("the state in a few words: %s", (_what, status, before, expected) => {
  expect(why({ status, trialEnd: START + 7 * DAY }, before)).toBe(expected);
});

test("what is not in the catalog changes nothing, and says why", () => {
  const stranger = decideOn({ subscription: observed({ priceId: "price_other" }) }, { checkout: null });
  expect(stranger.why).toBe("Nothing changed: price price_other is in no tier of catalog version 3");
});

test("who asked without a reason is named without one", () => {
  expect(why({}, IN.active, { commands: [command("resync")] })).toBe(
    "Still active at the provider (maria asked for resync)",
  );
});

test("an arranged end that moves, or that has come, is no news of its own", () => {
  const arranged = { ...IN.active, cancelAt: START + DAY };
  expect(why({ cancelAt: START + 2 * DAY }, arranged)).toBe("Still active at the provider");
  expect(why({ status: "canceled", endedAt: START + DAY }, arranged)).toBe(
    "The provider changed it: active → canceled",
  );
});

test("a dispute says what became of it", () => {
  const disputed = decideOn(
    { subscription: observed(), disputes: [dispute({ status: "lost" })] },
    { subscription: IN.active },
  );
  expect(disputed.why).toBe("Still active at the provider (dispute of 29.00 USD: lost)");
});

const said = (quantity: number, day: string) =>
  `Still active at the provider (a change to ${quantity} × scale by the month on ${day} is arranged)`;

describe("an arranged change", () => {
  const at = START + MONTH;
  const scheduled = { at, tier: "scale", priceId: "price_scale", interval: "month", quantity: 1 } as const;
  const before = { ...IN.active, scheduled };
  const seen = (change: Partial<ObservedChange> = {}) => ({
    scheduled: { at, priceId: "price_scale", quantity: 1, ...change },
  });

  test("is said when it is new, and when it becomes another", () => {
    expect(why(seen(), IN.active)).toBe(said(1, "1 February 2026"));
    expect(why(seen(), before)).toBe("Still active at the provider");
    expect(why(seen({ quantity: 2 }), before)).toBe(said(2, "1 February 2026"));
    expect(why(seen({ at: at + DAY }), before)).toBe(said(1, "2 February 2026"));
    expect(why(seen({ priceId: "price_pro", quantity: 1 }), before)).toContain("1 × pro by the month");
  });

  test("is withdrawn when it is gone, unless it has begun or the subscription has ended", () => {
    const withdrawn = "Still active at the provider (the arranged change is withdrawn)";
    expect(why({}, before)).toBe(withdrawn);
    expect(why({ priceId: "price_scale" }, before)).toBe("Still active at the provider (from pro to scale)");
    expect(why({ priceId: "price_scale", quantity: 2 }, before)).toContain(
      "the arranged change is withdrawn",
    );
    expect(why({ status: "canceled", endedAt: at }, before)).toBe(
      "The provider changed it: active → canceled",
    );
  });

  test("to a price of no tier is read when it has begun", () => {
    expect(why(seen({ priceId: "price_other" }), IN.active)).toBe("Still active at the provider");
  });
});
