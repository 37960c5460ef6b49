import type { CheckoutSession } from "../stripe/records.ts";
import { priceLabel } from "../stripe/views/price.ts";
import type { Work } from "../stripe/world.ts";
import { cardFields, testCards } from "./card-fields.ts";
import { type Html, html } from "./html.ts";
import { complaint, moment, money, type Page } from "./page.ts";

/** What the customer typed and may keep after a refusal: never the card. */
export interface Typed {
  email: string;
  name: string;
}

/** The hosted checkout as it stands. */
export function checkoutPage(
  work: Work,
  session: CheckoutSession,
  refusal: string | null = null,
  typed: Typed = { email: "", name: "" },
): Page {
  if (session.status === "complete")
    return over("This checkout is complete", "Nothing is left to pay here.", successUrl(session));
  if (session.status === "expired") {
    return over("This checkout has expired", "Please start again from where you came.", session.cancel_url);
  }
  const lines = session.line_items.map((line) => ({ ...line, ...priceLabel(work, line.price) }));
  return {
    status: refusal === null ? 200 : 402,
    title: "Checkout",
    leadsTo: session.success_url,
    content: html`
${lines.map((line) => html`<p>${line.quantity} × ${line.product}</p><p class="price">${line.amount}</p>`)}
<p>Due today: <strong>${money(session.amount_total, session.currency)}</strong>${trial(session)}</p>
${complaint(refusal)}
<form class="fields" method="post" action="/c/pay/${session.id}">
${needsEmail(work, session) && html`<label>E-mail <input name="email" type="email" autocomplete="email" required value="${typed.email}"></label>`}
${cardFields({ required: needsCard(session), name: typed.name })}
<button>Subscribe</button>
</form>
<p>This page is open until ${moment(session.expires_at)}.</p>
${session.cancel_url !== null && html`<p><a href="${session.cancel_url}">Back without paying</a></p>`}
${testCards()}`,
  };
}

/** Where a customer goes who has paid. */
export function successUrl(session: CheckoutSession): string {
  return session.success_url.replaceAll("{CHECKOUT_SESSION_ID}", session.id);
}

/** Whether the provider would not know where to write to. */
function needsEmail(work: Work, session: CheckoutSession): boolean {
  const customer = session.customer === null ? undefined : work.state.customers[session.customer];
  return (customer?.email ?? session.customer_email) === null;
}

/** Whether it can be completed without a card: a trial that asks for none. */
function needsCard(session: CheckoutSession): boolean {
  return (
    session.payment_method_collection === "always" || (session.subscription_data.trial_period_days ?? 0) === 0
  );
}

function trial(session: CheckoutSession): Html | null {
  const days = session.subscription_data.trial_period_days;
  return days === null ? null : html`, after a trial of ${days} days the full price`;
}

function over(title: string, text: string, onwards: string | null): Page {
  return {
    title,
    content: html`<p>${text}</p>${onwards !== null && html`<p><a href="${onwards}">Continue</a></p>`}`,
  };
}
