import type { EventState, StoredEvent } from "../../store/events.ts";
import type { Html } from "./html.ts";
import { html } from "./html.ts";

export const EVENT_STATES: readonly EventState[] = ["received", "parked", "applied", "ignored"];

/** What an operator's last action came to, by its name in the address. */
const NOTICES: ReadonlyMap<string | null, string> = new Map([
  ["replayed", "The event waits again and its subscription is woken."],
  ["ignored", "The event is ignored."],
  ["already_ended", "The event has ended already; nothing was changed."],
  ["not_found", "There is no such event."],
  ["no_provider", "This provider is not set up here; nothing was changed."],
  ["no_reason", "Say why the event is to be ignored; nothing was changed."],
]);

export interface EventsView {
  readonly events: readonly StoredEvent[];
  /** How many are shown at most. */
  readonly limit: number;
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
  const { events, limit, state } = view;
  const notice = NOTICES.get(view.notice);
  const rows = events.map((event) => eventRow(event, view));
  return html`${notice === undefined ? null : html`<p class="notice" role="status">${notice}</p>`}
<nav aria-label="State">${[null, ...EVENT_STATES].map((each) => stateLink(each, state))}</nav>
${
  // The roles are said once more because a narrow screen shows the table as blocks, which takes them away.
  rows.length === 0
    ? html`<p>${state === null ? "No event was received yet." : `No event is ${state}.`}</p>`
    : html`<table role="table">
<thead role="rowgroup"><tr role="row">${COLUMNS.map((name) => html`<th role="columnheader" scope="col">${name}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows}</tbody>
</table>`
}
${rows.length < limit ? null : html`<p class="quiet">The newest ${limit} are shown.</p>`}`;
}

const COLUMNS = ["State", "Event", "Reason", "Received", "Subscription", "Actions"];

function stateLink(state: EventState | null, shown: EventState | null): Html {
  const name = state ?? "all";
  const address = state === null ? "/admin/webhooks" : `/admin/webhooks?state=${state}`;
  return state === shown
    ? html`<a href="${address}" aria-current="page">${name}</a>`
    : html`<a href="${address}">${name}</a>`;
}

const eventRow = (event: StoredEvent, view: EventsView): Html => html`
<tr role="row">
<td role="cell"><span class="state ${event.state}">${event.state}</span><small>${attemptsOf(event.attempts)}</small></td>
<td role="cell">${event.type}<small class="id">${event.provider} ${event.id}</small></td>
<td role="cell">${event.reason}</td>
<td role="cell" class="time">${timeOf(event.receivedAt)}<small>${ageOf(view.now - event.receivedAt)} ago</small></td>
<td role="cell" class="id">${event.subscriptionId}</td>
<td role="cell" class="actions">${actions(event, view)}</td>
</tr>`;

function actions(event: StoredEvent, { state, formToken }: EventsView): Html {
  const { id } = event;
  const address = `/admin/webhooks/${event.provider}/${encodeURIComponent(id)}`;
  const hidden = html`<input type="hidden" name="token" value="${formToken}"><input type="hidden" name="state" value="${state ?? ""}">`;
  const replay = html`<form method="post" action="${address}/replay">${hidden}<button aria-label="Replay ${id}">Replay</button></form>`;
  if (event.state !== "received" && event.state !== "parked") return replay;
  return html`${replay}<form method="post" action="${address}/ignore">${hidden}<input name="reason" required maxlength="500" placeholder="Reason" aria-label="Reason to ignore ${id}"><button aria-label="Ignore ${id}">Ignore</button></form>`;
}

/** 2026-11-25 13:05:59 UTC */
const timeOf = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;

const attemptsOf = (count: number): string =>
  count === 0 ? "not tried" : count === 1 ? "tried once" : `tried ${count} times`;

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
