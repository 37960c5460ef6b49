import { z } from "zod";
import { endSubscription } from "../billing/cancel.ts";
import { settleEnd } from "../billing/final-invoice.ts";
import { finalizeInvoice } from "../billing/invoicing.ts";
import { charge } from "../billing/settle.ts";
import { isOver } from "../billing/update.ts";
import { missing } from "../errors.ts";
import { boolean, text } from "../http/params.ts";
import type { Subscription } from "../records.ts";
import type { Work } from "../world.ts";

/** The parameters of an end now. */
export const cancelParams = {
  invoice_now: boolean.optional(),
  prorate: boolean.optional(),
  cancellation_details: z.strictObject({ comment: text.optional(), feedback: text.optional() }).optional(),
};

/** DELETE /v1/subscriptions/:id. The final invoice is paid, or becomes credit, when the subscription is over already. */
export function cancelFromParams(
  work: Work,
  sub: Subscription,
  params: z.infer<z.ZodObject<typeof cancelParams>>,
): void {
  if (isOver(sub)) throw missing("subscription", sub.id);
  sub.cancellation.comment = params.cancellation_details?.comment ?? null;
  sub.cancellation.feedback = params.cancellation_details?.feedback ?? null;
  const how = { prorate: params.prorate === true, invoiceNow: params.invoice_now === true };
  const invoice = settleEnd(work, sub, how, work.now);
  if (invoice !== null) finalizeInvoice(work, invoice);
  endSubscription(work, sub, "cancellation_requested");
  if (invoice !== null) charge(work, invoice, { automatic: true, present: false });
}
