import type { EventState, StoredEvent } from "../../store/events.ts";
import type { Html } from "./html.ts";
import { html } from "./html.ts";

export const EVENT_STATES: readonly EventState[] = ["received", "parked", "applied", "ignored"];

/** What an operator's last action came to, by its name in the address. */
const NOTICES: Readonly<Record<string, string>> = {
  replayed: "The event waits again and its subscription is woken.",
  ignored: "The event is ignored.",
  already_ended: "The event has ended already; nothing was changed.",
  not_found: "There is no such event.",
  no_provider: "This provider is not set up here; nothing was changed.",
};

export interface EventsView {
  readonly events: readonly StoredEvent[];
  /** The state that is shown, or null: all. */
  readonly state: EventState | null;
  readonly notice: string | null;
  /** Proves that a form came from this page. */
  readonly formToken: string;
  /** Milliseconds. */
  readonly now: number;
}

/** The received events, newest first, with what can be done about each. */
export function eventsPage(view: EventsView): Html {
  const notice = view.notice === null ? undefined : NOTICES[view.notice];
  const rows = view.events.map((event) => eventRow(event, view));
  return html`${notice === undefined ? null : html`<p class="notice" role="status">${notice}</p>`}
<nav aria-label="State">${[null, ...EVENT_STATES].map((state) => stateLink(state, view.state))}</nav>
${
  rows.length === 0
    ? html`<p>No events.</p>`
    : html`<div class="scroll"><table>
<thead><tr><th>State</th><th>Type</th><th>Event</th><th>Reason</th><th>Received</th><th>Age</th><th>Subscription</th><th>Attempts</th><th>Actions</th></tr></thead>
<tbody>${rows}</tbody>
</table></div>`
}`;
}

function stateLink(state: EventState | null, shown: EventState | null): Html {
  const name = state ?? "all";
  const address = state === null ? "/admin/webhooks" : `/admin/webhooks?state=${state}`;
  return state === shown
    ? html`<a href="${address}" aria-current="page">${name}</a>`
    : html`<a href="${address}">${name}</a>`;
}

const eventRow = (event: StoredEvent, view: EventsView): Html => html`
<tr>
<td class="${event.state}">${event.state}</td>
<td>${event.type}</td>
<td class="id">${event.provider} ${event.id}</td>
<td>${event.reason}</td>
<td>${new Date(event.receivedAt).toISOString()}</td>
<td>${ageOf(view.now - event.receivedAt)}</td>
<td class="id">${event.subscriptionId}</td>
<td>${event.attempts}</td>
<td>${actions(event, view)}</td>
</tr>`;

function actions(event: StoredEvent, { state, formToken }: EventsView): Html {
  const address = `/admin/webhooks/${event.provider}/${encodeURIComponent(event.id)}`;
  const hidden = html`<input type="hidden" name="token" value="${formToken}"><input type="hidden" name="state" value="${state ?? ""}">`;
  const replay = html`<form method="post" action="${address}/replay">${hidden}<button>Replay</button></form>`;
  if (event.state !== "received" && event.state !== "parked") return replay;
  return html`${replay}<form method="post" action="${address}/ignore">${hidden}<input name="reason" maxlength="500" placeholder="Reason" aria-label="Reason to ignore ${event.id}"><button>Ignore</button></form>`;
}

/** The two largest units: 3 d 4 h. */
export function ageOf(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const units = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ] as const;
  const first = units.findIndex(([count]) => count > 0);
  if (first === -1) return "0 s";
  return units
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}
