import { z } from "zod";
import { billChange, changedItems } from "../billing/change-items.ts";
import { settleEnd } from "../billing/final-invoice.ts";
import { buildInvoice } from "../billing/invoicing.ts";
import { pendingItems } from "../billing/pending.ts";
import { renewalDraft } from "../billing/renew.ts";
import { isOver } from "../billing/update.ts";
import { find, invalid, StripeError } from "../errors.ts";
import { boolean, integer, text } from "../http/params.ts";
import { newId } from "../ids.ts";
import type { Invoice } from "../money-records.ts";
import type { Subscription } from "../records.ts";
import { invoiceView } from "../views/invoice.ts";
import { copyOfBooks, type StripeObject, type Work } from "../world.ts";
import { updateParams } from "./params.ts";

/** The parameters of a preview: what a change would be asked with. */
export const previewParams = {
  customer: text.optional(),
  subscription: text.optional(),
  subscription_details: z
    .strictObject({
      items: updateParams.items,
      proration_behavior: updateParams.proration_behavior,
      proration_date: integer.optional(),
      cancel_now: boolean.optional(),
    })
    .optional(),
};

type Params = z.infer<z.ZodObject<typeof previewParams>>;

/** POST /v1/invoices/create_preview: the change is made in a copy of the books, by the code that makes it for good. */
export function previewInvoice(work: Work, params: Params): StripeObject {
  if (params.subscription === undefined)
    throw invalid("The sandbox previews invoices of a subscription only.", { param: "subscription" });
  const scratch: Work = { ...work, state: { ...work.state, ...copyOfBooks(work.state) }, events: [] };
  const sub = find(scratch.state.subscriptions, params.subscription, "subscription", "subscription");
  if (params.customer !== undefined && params.customer !== sub.customer)
    throw invalid(`The subscription ${sub.id} does not belong to the customer ${params.customer}.`, {
      param: "subscription",
    });
  const invoice = isOver(sub) ? null : invoiceOf(scratch, sub, params.subscription_details ?? {});
  if (invoice === null)
    throw new StripeError(
      404,
      "invalid_request_error",
      `No upcoming invoices for customer: '${sub.customer}'`,
      {
        code: "invoice_upcoming_none",
      },
    );
  return invoiceView(scratch, {
    ...invoice,
    id: newId("upcoming_invoice"),
    billing_reason: "upcoming",
  });
}

/** The invoice that the change makes at once, else the next renewal's with what waits for it. */
function invoiceOf(
  work: Work,
  sub: Subscription,
  details: NonNullable<Params["subscription_details"]>,
): Invoice | null {
  const how = details.proration_behavior ?? "create_prorations";
  const at = details.proration_date ?? work.now;
  if (details.cancel_now === true)
    return settleEnd(work, sub, { prorate: how !== "none", invoiceNow: true }, at);
  const before = structuredClone(sub);
  if (details.items !== undefined) sub.items = changedItems(work, sub, details.items);
  return billChange(work, sub, before, how, at) ?? renewal(work, sub);
}

function renewal(work: Work, sub: Subscription): Invoice | null {
  const end = sub.cancel_at_period_end ? sub.current_period_end : sub.cancel_at;
  if (end === null || end > sub.current_period_end) return buildInvoice(work, sub, renewalDraft(work, sub));
  if (pendingItems(work, sub).length === 0) return null;
  return buildInvoice(work, sub, { ...renewalDraft(work, sub), lines: [] });
}
