import { z } from "zod";
import { intentOf, markPaid } from "../billing/collect.ts";
import { finalizeInvoice, markUncollectible, voidInvoice } from "../billing/invoicing.ts";
import { afterPayment, afterVoid, charge } from "../billing/settle.ts";
import { cardError } from "../billing/subscribe.ts";
import { isOver } from "../billing/update.ts";
import { find, invalid, standing } from "../errors.ts";
import { boolean, integer, range, text, within } from "../http/params.ts";
import { list, type Route, retrieve, route } from "../http/route.ts";
import type { Invoice } from "../money-records.ts";
import { methodNamed } from "../payment-methods.ts";
import { previewInvoice, previewParams } from "../subscriptions/preview.ts";
import { invoicePaymentView, invoiceView, lineView } from "../views/invoice.ts";
import type { Work } from "../world.ts";

export const invoiceRoutes: Route[] = [
  list(
    "/v1/invoices",
    {
      customer: text.optional(),
      subscription: text.optional(),
      status: z.enum(["draft", "open", "paid", "uncollectible", "void"]).optional(),
      collection_method: z.enum(["charge_automatically", "send_invoice"]).optional(),
      created: range.optional(),
    },
    ({ work }, params) =>
      Object.values(work.state.invoices).filter(
        (invoice) =>
          (params.customer === undefined || invoice.customer === params.customer) &&
          (params.subscription === undefined || invoice.subscription === params.subscription) &&
          (params.status === undefined || invoice.status === params.status) &&
          params.collection_method !== "send_invoice" &&
          within(invoice.created, params.created),
      ),
    invoiceView,
  ),
  route("POST", "/v1/invoices/create_preview", previewParams, ({ work }, params) =>
    previewInvoice(work, params),
  ),
  retrieve("/v1/invoices/:id", "invoice", (work) => work.state.invoices, invoiceView),
  route("GET", "/v1/invoices/:id/lines", { limit: integer.optional() }, ({ work, id }) => {
    const invoice = find(work.state.invoices, id, "invoice");
    const data = invoice.lines.map((line) => lineView(work, invoice, line));
    return { object: "list", data, has_more: false, url: `/v1/invoices/${id}/lines` };
  }),
  route(
    "POST",
    "/v1/invoices/:id/pay",
    {
      payment_method: text.optional(),
      off_session: boolean.optional(),
      paid_out_of_band: boolean.optional(),
      forgive: boolean.optional(),
    },
    ({ work, id }, params) => {
      const invoice = find(work.state.invoices, id, "invoice");
      if (params.paid_out_of_band === true) settleOutside(work, invoice);
      else pay(work, invoice, params.payment_method, params.off_session !== false);
      return invoiceView(work, invoice);
    },
  ),
  route("POST", "/v1/invoices/:id/finalize", { auto_advance: boolean.optional() }, ({ work, id }) => {
    const invoice = find(work.state.invoices, id, "invoice");
    if (invoice.status !== "draft")
      throw invalid("This invoice is already finalized, you can't re-finalize a non-draft invoice.", {
        code: "invoice_not_editable",
      });
    finalizeInvoice(work, invoice);
    if (invoice.amount_due > 0) intentOf(work, invoice);
    return invoiceView(work, invoice);
  }),
  route("POST", "/v1/invoices/:id/void", {}, ({ work, id }) => {
    const invoice = find(work.state.invoices, id, "invoice");
    if (invoice.status !== "open" && invoice.status !== "uncollectible") {
      throw invalid(`You can only pass in open invoices. This invoice isn't open.`, { param: "id" });
    }
    voidInvoice(work, invoice);
    const sub = work.state.subscriptions[invoice.subscription];
    if (sub !== undefined && !isOver(sub)) afterVoid(work, sub);
    return invoiceView(work, invoice);
  }),
  route("POST", "/v1/invoices/:id/mark_uncollectible", {}, ({ work, id }) => {
    const invoice = find(work.state.invoices, id, "invoice");
    if (invoice.status !== "open")
      throw invalid(`You can only pass in open invoices. This invoice isn't open.`, { param: "id" });
    markUncollectible(work, invoice);
    follow(work, invoice);
    return invoiceView(work, invoice);
  }),
  list(
    "/v1/invoice_payments",
    {
      invoice: text.optional(),
      status: z.enum(["open", "paid", "canceled"]).optional(),
      payment: z
        .strictObject({
          type: z.enum(["payment_intent", "payment_record"]),
          payment_intent: text.optional(),
          payment_record: text.optional(),
        })
        .optional(),
      created: range.optional(),
    },
    ({ work }, params) =>
      Object.values(work.state.invoice_payments).filter(
        (payment) =>
          (params.invoice === undefined || payment.invoice === params.invoice) &&
          (params.status === undefined || payment.status === params.status) &&
          (params.payment === undefined || payment.payment_intent === params.payment.payment_intent) &&
          within(payment.created, params.created),
      ),
    invoicePaymentView,
  ),
  retrieve(
    "/v1/invoice_payments/:id",
    "invoice_payment",
    (work) => work.state.invoice_payments,
    invoicePaymentView,
  ),
];

/** Pays on request. A decline changes the invoice and is then told as Stripe's 402. */
export function pay(work: Work, invoice: Invoice, method: string | undefined, offSession: boolean): void {
  if (invoice.status === "paid") throw invalid("Invoice is already paid", { code: "invoice_already_paid" });
  if (invoice.status === "void")
    throw invalid("This invoice is void and cannot be paid.", { code: "invoice_not_editable" });
  const customer = find(work.state.customers, invoice.customer, "customer");
  const named = method === undefined ? undefined : methodNamed(work, method, customer, "payment_method");
  if (invoice.status === "draft") finalizeInvoice(work, invoice);
  const outcome = charge(work, invoice, {
    automatic: false,
    present: !offSession,
    ...(named === undefined ? {} : { method: named }),
  });
  if (!outcome.paid) throw standing(cardError(outcome));
}

function settleOutside(work: Work, invoice: Invoice): void {
  if (invoice.status === "paid") throw invalid("Invoice is already paid", { code: "invoice_already_paid" });
  markPaid(work, invoice, null);
  follow(work, invoice);
}

function follow(work: Work, invoice: Invoice): void {
  const sub = work.state.subscriptions[invoice.subscription];
  if (sub !== undefined && !isOver(sub)) afterPayment(work, sub, invoice);
}
