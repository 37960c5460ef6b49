import { expect, test } from "vitest";
import type { Operation } from "../../domain/call.ts";
import { isOrdered, isOwn } from "../../domain/call.ts";
import { checkout, OTHER } from "./builders.ts";

const providerSubscriptionId = "sub_1";

test.each<[Operation, "commands" | "policy" | "checkouts"]>([
  [{ name: "open_checkout", checkoutId: checkout().id }, "checkouts"],
  [{ name: "cancel_subscription", providerSubscriptionId }, "commands"],
  [{ name: "pay_invoice", invoiceId: "in_1" }, "commands"],
  [{ name: "end_unpaid", providerSubscriptionId }, "policy"],
  [{ name: "end_duplicate", providerSubscriptionId, live: OTHER, credit: true }, "policy"],
  [
    { name: "refund_payment", paymentId: "pi_1", refunded: { amount: 1, currency: "usd" }, because: "late" },
    "policy",
  ],
])("%j is asked for by %s", (operation, whose) => {
  expect([isOrdered(operation), isOwn(operation)]).toEqual([whose === "commands", whose === "policy"]);
});
