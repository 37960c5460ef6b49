import type { Stripe } from "stripe";
import { ProviderError } from "../provider.ts";
import type { InvoicePage, ListedInvoice, Preview, PreviewLine, ProviderReads } from "../reads.ts";
import type { Ask } from "./ask.ts";
import { ms, msOrNull } from "./read.ts";
import { onlyItemOf } from "./schedules.ts";

// What is asked while somebody waits for the answer, and stored nowhere.

type Wanted<Name extends "preview" | "portal"> = Parameters<ProviderReads[Name]>[0];

/** Stripe previews with the parameters of the change itself, so that it says what the change then charges. */
export async function preview(
  ask: Ask,
  { subscriptionId, priceId, quantity, at }: Wanted<"preview">,
): Promise<Preview> {
  const subscription = await ask((stripe) => stripe.subscriptions.retrieve(subscriptionId));
  const { id, current_period_end: periodEnd } = onlyItemOf(subscription);
  const upcoming = (proration_behavior: "always_invoice" | "none"): Promise<Stripe.Invoice | null> =>
    orNone(
      ask((stripe) =>
        stripe.invoices.createPreview({
          subscription: subscriptionId,
          subscription_details: { items: [{ id, price: priceId, quantity }], proration_behavior },
        }),
      ),
    );
  const none = { amount: 0, currency: subscription.currency };
  const nothingNow = { dueNow: none, creditedNow: none, linesNow: [] };
  if (at === "period_end") {
    // Without prorations it is the whole of the next period, also where another interval would begin at once.
    return { ...nothingNow, next: nextOf(await upcoming("none"), periodEnd) };
  }
  const changed = await upcoming("always_invoice");
  // Where nothing is due at once, as in a trial, Stripe shows the renewal instead.
  if (changed === null || isRenewal(changed, periodEnd)) {
    return { ...nothingNow, next: nextOf(changed, periodEnd) };
  }
  const renewed = await upcoming("none");
  const { currency, amount_due, total } = changed;
  return {
    dueNow: { amount: amount_due, currency },
    creditedNow: { amount: Math.max(0, -total), currency },
    linesNow: changed.lines.data.map(readLine),
    // Of another interval it would be the same invoice once more: the next one is a whole period away.
    next: renewed !== null && isRenewal(renewed, periodEnd) ? nextOf(renewed, periodEnd) : null,
  };
}

/** Something of it is for the time after the running period. */
const isRenewal = ({ lines }: Stripe.Invoice, periodEnd: number): boolean =>
  lines.data.some(({ period, ...line }) => period.start >= periodEnd && !isProration(line));

const nextOf = (invoice: Stripe.Invoice | null, periodEnd: number): Preview["next"] =>
  invoice && { at: ms(periodEnd), total: { amount: invoice.total, currency: invoice.currency } };

const isProration = ({ parent }: Pick<Stripe.InvoiceLineItem, "parent">): boolean =>
  parent?.subscription_item_details?.proration === true || parent?.invoice_item_details?.proration === true;

const readLine = (line: Stripe.InvoiceLineItem): PreviewLine => ({
  description: line.description,
  amount: { amount: line.amount, currency: line.currency },
  start: ms(line.period.start),
  end: ms(line.period.end),
  isProration: isProration(line),
});

/** "No upcoming invoices" as null: it ends before there is one. */
async function orNone(answer: Promise<Stripe.Invoice>): Promise<Stripe.Invoice | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ProviderError && error.code === "invoice_upcoming_none") return null;
    throw error;
  }
}

export async function portal(
  ask: Ask,
  { customerId, returnUrl, flow }: Wanted<"portal">,
): Promise<{ readonly url: string }> {
  const { url } = await ask((stripe) =>
    stripe.billingPortal.sessions.create({
      customer: customerId,
      return_url: returnUrl,
      ...(flow === null ? {} : { flow_data: { ...flowOf(flow), ...backTo(returnUrl) } }),
    }),
  );
  return { url };
}

/** Whoever came for one thing goes back when it is done, and not to the portal's front page. */
const backTo = (return_url: string) => ({
  after_completion: { type: "redirect" as const, redirect: { return_url } },
});

function flowOf(
  flow: NonNullable<Wanted<"portal">["flow"]>,
): Stripe.BillingPortal.SessionCreateParams.FlowData {
  switch (flow.type) {
    case "payment_method_update":
      return { type: flow.type };
    case "subscription_cancel":
      return { type: flow.type, subscription_cancel: { subscription: flow.subscriptionId } };
    case "subscription_update":
      return { type: flow.type, subscription_update: { subscription: flow.subscriptionId } };
    default:
      return flow satisfies never;
  }
}

export async function invoices(
  ask: Ask,
  subscriptionId: string,
  place: string | null,
  limit: number,
): Promise<InvoicePage> {
  const { data, has_more } = await ask((stripe) =>
    stripe.invoices.list({
      subscription: subscriptionId,
      limit,
      ...(place === null ? {} : { starting_after: place }),
    }),
  );
  return { invoices: data.map(readListed), next: has_more ? (data.at(-1)?.id ?? null) : null };
}

const readListed = (invoice: Stripe.Invoice): ListedInvoice => ({
  id: invoice.id,
  number: invoice.number,
  status: invoice.status ?? "draft",
  currency: invoice.currency,
  total: invoice.total,
  amountDue: invoice.amount_due,
  amountPaid: invoice.amount_paid,
  amountRemaining: invoice.amount_remaining,
  createdAt: ms(invoice.created),
  dueAt: msOrNull(invoice.due_date),
  paidAt: msOrNull(invoice.status_transitions.paid_at),
  pageUrl: invoice.hosted_invoice_url ?? null,
  pdfUrl: invoice.invoice_pdf ?? null,
});
