import { expect, test } from "vitest";
import type { Turn } from "../../domain/life.ts";
import type { ObservedSubscription } from "../../domain/observation.ts";
import { DAY } from "../../domain/time.ts";
import { command, failedInvoice, IN, MONTH, observed, paid, refund, START } from "./builders.ts";
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
  expect(first.why).toBe("Still past_due at the provider (payment of 29.00 USD failed, attempt 2)");
  const again = decideOn(seen, { subscription: IN.past_due, payments: first.payments });
  expect(again.why).toBe("Still past_due at the provider");
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
