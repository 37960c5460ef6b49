import { token } from "../random.ts";

const prefixes = {
  customer: "cus_",
  product: "prod_",
  payment_method: "pm_1",
  session: "cs_test_a1",
  subscription: "sub_1",
  schedule: "sub_sched_1",
  subscription_item: "si_",
  invoice: "in_1",
  upcoming_invoice: "upcoming_in_1",
  invoice_item: "ii_1",
  line: "il_1",
  invoice_payment: "inpay_1",
  payment_intent: "pi_3",
  charge: "ch_3",
  refund: "re_3",
  dispute: "du_1",
  portal_session: "bps_1",
  webhook_endpoint: "we_1",
  event: "evt_1",
  request: "req_",
  balance_transaction: "txn_3",
} as const;

/** A new id that looks like Stripe's for that kind of object. */
export function newId(kind: keyof typeof prefixes): string {
  return prefixes[kind] + token(kind === "session" ? 56 : kind === "request" ? 14 : 23);
}
