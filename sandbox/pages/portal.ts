import { planEnd } from "../stripe/billing/cancel.ts";
import { refuseManagedEnd } from "../stripe/billing/schedule.ts";
import { isOver, updateSubscription } from "../stripe/billing/update.ts";
import { find, invalid } from "../stripe/errors.ts";
import { replaceCard } from "../stripe/payment-methods.ts";
import type { Customer, PortalSession, Subscription } from "../stripe/records.ts";
import { pay } from "../stripe/routes/invoices.ts";
import { priceLabel } from "../stripe/views/price.ts";
import type { Work } from "../stripe/world.ts";
import { cardFields, readCard, testCards } from "./card-fields.ts";
import { type Html, html } from "./html.ts";
import { complaint, moment, money, type Page } from "./page.ts";

/** The customer's own page: what they have, what they owe, and which card pays. */
export function portalPage(work: Work, session: PortalSession, refusal: string | null = null): Page {
  const customer = find(work.state.customers, session.customer, "customer");
  const subs = Object.values(work.state.subscriptions).filter((sub) => sub.customer === customer.id);
  const action = `/p/session/${session.id}`;
  return {
    status: refusal === null ? 200 : 402,
    title: "Your subscriptions",
    content: html`
${complaint(refusal)}
<p>${customer.email ?? customer.id}</p>
${subs.length === 0 && html`<p>There is no subscription.</p>`}
${subs.map((sub) => subscription(work, sub, action))}
${openInvoices(work, customer, action)}
<h2>Card</h2>
<p>${cardOnFile(work, customer, subs)}</p>
<form class="fields" method="post" action="${action}">
<input type="hidden" name="action" value="card">
${cardFields({ required: true, name: "" })}
<button>Use this card</button>
</form>
${session.return_url !== null && html`<p><a href="${session.return_url}">Back</a></p>`}
${testCards()}`,
  };
}

/** Does what the customer asked for on their page; throws Stripe's error when it is refused. */
export function actInPortal(work: Work, session: PortalSession, form: URLSearchParams): void {
  const customer = find(work.state.customers, session.customer, "customer");
  const id = form.get("id") ?? "";
  switch (form.get("action") ?? "") {
    case "card": {
      const card = readCard(form, work.now);
      if ("refusal" in card) throw invalid(card.refusal);
      replaceCard(work, customer, card.card);
      return;
    }
    case "pay": {
      const invoice = find(work.state.invoices, id, "invoice");
      if (invoice.customer !== customer.id) throw invalid("This invoice is not yours.");
      pay(work, invoice, undefined, false);
      return;
    }
    case "cancel":
      end(work, customer, id, true);
      return;
    case "undo":
      end(work, customer, id, false);
      return;
    default:
      throw invalid("There is nothing of that name to do.");
  }
}

/** In flexible mode the portal plans the end as a time and leaves the boolean alone. */
function end(work: Work, customer: Customer, id: string, planned: boolean): void {
  const sub = find(work.state.subscriptions, id, "subscription");
  if (sub.customer !== customer.id || isOver(sub)) throw invalid("This subscription cannot be changed.");
  refuseManagedEnd(work, sub);
  updateSubscription(work, sub, (it) => {
    if (!planned) planEnd(work, it, { at_period_end: false, at: null });
    else if (it.billing_mode === "classic") planEnd(work, it, { at_period_end: true });
    else planEnd(work, it, { at: it.current_period_end });
  });
}

function subscription(work: Work, sub: Subscription, action: string): Html {
  const what = sub.items.map((item) => {
    const label = priceLabel(work, item.price);
    return html`${item.quantity} × ${label.product} (${label.amount}) `;
  });
  const ends = sub.cancel_at ?? (sub.cancel_at_period_end ? sub.current_period_end : null);
  const state = isOver(sub)
    ? html`over since ${moment(sub.ended_at ?? sub.created)}`
    : html`${sub.status}, ${ends === null ? "renews" : "ends"} ${moment(ends ?? sub.current_period_end)}`;
  const button = (name: string, text: string): Html =>
    html`<form class="inline" method="post" action="${action}"><input type="hidden" name="action" value="${name}"><input type="hidden" name="id" value="${sub.id}"><button>${text}</button></form>`;
  return html`<h2>${what}</h2><p>${state}</p>
${!isOver(sub) && (ends === null ? button("cancel", "Cancel at the end of the period") : button("undo", "Keep it"))}`;
}

function openInvoices(work: Work, customer: Customer, action: string): Html | null {
  const open = Object.values(work.state.invoices).filter(
    (invoice) => invoice.customer === customer.id && invoice.status === "open",
  );
  if (open.length === 0) return null;
  return html`<h2>To pay</h2>${open.map(
    (invoice) => html`<form method="post" action="${action}">
<input type="hidden" name="action" value="pay"><input type="hidden" name="id" value="${invoice.id}">
<p>${invoice.number ?? invoice.id}: ${money(invoice.amount_due, invoice.currency)} <button>Pay now</button></p></form>`,
  )}`;
}

function cardOnFile(work: Work, customer: Customer, subs: readonly Subscription[]): string {
  const own = subs.find((sub) => !isOver(sub) && sub.default_payment_method !== null)?.default_payment_method;
  const id = own ?? customer.default_payment_method;
  const method = id == null ? undefined : work.state.payment_methods[id];
  return method === undefined
    ? "There is no card on file."
    : `The card ending in ${method.number.slice(-4)} pays.`;
}
