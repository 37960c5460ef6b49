import type { Clock } from "../clock.ts";
import type { Delivery } from "../delivery/records.ts";
import type { State } from "../state.ts";
import { workAt } from "../stripe/perform.ts";
import { priceLabel } from "../stripe/views/price.ts";
import type { Work } from "../stripe/world.ts";
import { type Html, html } from "./html.ts";
import { complaint, moment, type Page } from "./page.ts";

/** The lengths that a person can advance the clock by. */
export const steps: Record<
  string,
  { label: string; length: { months?: number; days?: number; hours?: number } }
> = {
  hour: { label: "1 hour", length: { hours: 1 } },
  day: { label: "1 day", length: { days: 1 } },
  week: { label: "1 week", length: { days: 7 } },
  month: { label: "1 month", length: { months: 1 } },
};

const latest = 30;

/** What a person sees of the sandbox, and the clock in their hand. */
export function homePage(state: State, clock: Clock, refusal: string | null = null): Page {
  const work = workAt(state, clock.seconds());
  const ahead = Math.round(clock.offset() / 1000);
  return {
    status: refusal === null ? 200 : 502,
    title: "Sandbox provider",
    content: html`
${complaint(refusal)}
<h2>Clock</h2>
<p>It is <strong>${moment(clock.seconds())}</strong> here, ${ahead === 0 ? "as everywhere" : `${duration(ahead)} ahead`}.</p>
<form method="post" action="/advance">
${Object.entries(steps).map(([name, step]) => html`<button name="step" value="${name}">Advance ${step.label}</button> `)}
</form>
<h2>Open checkouts</h2>
${checkouts(work)}
<h2>Subscriptions</h2>
${subscriptions(work)}
<h2>Latest webhooks</h2>
${deliveries(state)}
<h2>Knobs</h2>
<pre>${JSON.stringify(state.knobs, null, 2)}</pre>`,
  };
}

function checkouts(work: Work): Html {
  const open = Object.values(work.state.sessions).filter((session) => session.status === "open");
  return table(
    ["Checkout", "For", "Open until"],
    open
      .toReversed()
      .map((session) => [
        html`<a href="/c/pay/${session.id}">${session.line_items.map(({ price }) => priceLabel(work, price).product).join(", ")}</a>`,
        html`${nameOf(work, session.customer) ?? session.customer_email ?? "somebody new"}`,
        html`${moment(session.expires_at)}`,
      ]),
  );
}

function subscriptions(work: Work): Html {
  return table(
    ["Subscription", "Customer", "What", "Status", "Period ends"],
    Object.values(work.state.subscriptions)
      .toReversed()
      .slice(0, latest)
      .map((sub) => [
        html`${sub.id}`,
        html`${nameOf(work, sub.customer)}`,
        html`${sub.items.map((item) => priceLabel(work, item.price).product).join(", ")}`,
        html`${sub.status}${(sub.cancel_at_period_end || sub.cancel_at !== null) && sub.ended_at === null && ", its end is planned"}`,
        html`${moment(sub.current_period_end)}`,
      ]),
  );
}

function deliveries(state: State): Html {
  const lastStatus = new Map(state.attempts.map((attempt) => [attempt.delivery, attempt]));
  const answer = (delivery: Delivery): string => {
    const attempt = lastStatus.get(delivery.id);
    return attempt === undefined ? "" : String(attempt.status ?? attempt.error ?? "no answer");
  };
  return table(
    ["Event", "Type", "State", "Attempts", "Last answer"],
    state.deliveries
      .slice(-latest)
      .toReversed()
      .map((delivery) => [
        html`${delivery.event}`,
        html`${delivery.type}`,
        html`${delivery.state}`,
        html`${delivery.attempts}`,
        html`${answer(delivery)}`,
      ]),
  );
}

function table(head: readonly string[], rows: readonly Html[][]): Html {
  if (rows.length === 0) return html`<p>None.</p>`;
  return html`<div class="scroll"><table><thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

function nameOf(work: Work, id: string | null): string | null {
  return id === null ? null : (work.state.customers[id]?.email ?? id);
}

function duration(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  return days > 0 ? `${days} d ${hours} h` : `${hours} h ${Math.floor((seconds % 3600) / 60)} min`;
}
