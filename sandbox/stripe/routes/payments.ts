import { z } from "zod";
import { find, invalid } from "../errors.ts";
import { integer, mergeMetadata, metadata, range, text, within } from "../http/params.ts";
import { list, type Route, retrieve, route } from "../http/route.ts";
import type { Charge } from "../money-records.ts";
import { refundCharge } from "../reversals.ts";
import { chargeView, paymentIntentView } from "../views/payment.ts";
import { disputeView, refundView } from "../views/reversal.ts";
import type { Work } from "../world.ts";

const about = { charge: text.optional(), payment_intent: text.optional(), created: range.optional() };

export const paymentRoutes: Route[] = [
  list(
    "/v1/payment_intents",
    { customer: text.optional(), created: range.optional() },
    ({ work }, params) =>
      Object.values(work.state.payment_intents).filter(
        (intent) =>
          (params.customer === undefined || intent.customer === params.customer) &&
          within(intent.created, params.created),
      ),
    paymentIntentView,
  ),
  retrieve(
    "/v1/payment_intents/:id",
    "payment_intent",
    (work) => work.state.payment_intents,
    paymentIntentView,
  ),
  list(
    "/v1/charges",
    { customer: text.optional(), payment_intent: text.optional(), created: range.optional() },
    ({ work }, params) =>
      Object.values(work.state.charges).filter(
        (charge) =>
          (params.customer === undefined || charge.customer === params.customer) &&
          (params.payment_intent === undefined || charge.payment_intent === params.payment_intent) &&
          within(charge.created, params.created),
      ),
    chargeView,
  ),
  retrieve("/v1/charges/:id", "charge", (work) => work.state.charges, chargeView),
  route(
    "POST",
    "/v1/refunds",
    {
      charge: text.optional(),
      payment_intent: text.optional(),
      amount: integer.optional(),
      reason: z.enum(["duplicate", "fraudulent", "requested_by_customer"]).optional(),
      metadata: metadata.optional(),
    },
    ({ work }, params) => {
      const charge = chargeNamed(work, params);
      const { amount, reason } = params;
      return refundView(
        work,
        refundCharge(work, charge, { amount, reason, metadata: mergeMetadata({}, params.metadata) }),
      );
    },
  ),
  list("/v1/refunds", about, ({ work }, params) => concerning(work.state.refunds, params), refundView),
  retrieve("/v1/refunds/:id", "refund", (work) => work.state.refunds, refundView),
  list("/v1/disputes", about, ({ work }, params) => concerning(work.state.disputes, params), disputeView),
  retrieve("/v1/disputes/:id", "dispute", (work) => work.state.disputes, disputeView),
];

/** The charge that a refund names, directly or by its intent. */
function chargeNamed(
  work: Work,
  named: { charge?: string | undefined; payment_intent?: string | undefined },
): Charge {
  if (named.charge !== undefined) return find(work.state.charges, named.charge, "charge", "charge");
  if (named.payment_intent === undefined) {
    throw invalid(
      "One of the following params should be provided for this request: payment_intent or charge.",
      { code: "parameter_missing" },
    );
  }
  const intent = find(work.state.payment_intents, named.payment_intent, "payment_intent", "payment_intent");
  if (intent.latest_charge === null) {
    throw invalid(`PaymentIntent ${intent.id} does not have a successful charge to refund.`, {
      param: "payment_intent",
    });
  }
  return find(work.state.charges, intent.latest_charge, "charge", "payment_intent");
}

interface About {
  charge: string;
  payment_intent: string;
  created: number;
}

function concerning<R extends About>(
  records: Record<string, R>,
  params: z.infer<z.ZodObject<typeof about>>,
): R[] {
  return Object.values(records).filter(
    (record) =>
      (params.charge === undefined || record.charge === params.charge) &&
      (params.payment_intent === undefined || record.payment_intent === params.payment_intent) &&
      within(record.created, params.created),
  );
}
