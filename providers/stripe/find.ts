import type { Stripe } from "stripe";
import { HOUR } from "../../domain/time.ts";
import type { CallRequest, CallResult } from "../provider.ts";
import { ProviderError } from "../provider.ts";
import type { Ask } from "./ask.ts";
import { orNull } from "./ask.ts";
import { isOver, opened } from "./calls.ts";
import { isChanged } from "./changes.ts";
import { listed } from "./list.ts";
import { METADATA_CUSTOMER } from "./metadata.ts";
import { findMoneyBack } from "./money-back.ts";
import { sessionState } from "./read.ts";

/** How far our clock may be from Stripe's. */
const SKEW_MS = HOUR;

/** Looks for what an earlier attempt may have done. Lists are consistent at Stripe; its search API is not. */
export async function find(ask: Ask, request: CallRequest, since: number): Promise<CallResult | null> {
  const created = { gte: Math.floor((since - SKEW_MS) / 1_000) };
  switch (request.name) {
    case "create_customer": {
      const { name, email, customerId } = request;
      // By its address it is found at once. Only the whole list proves its absence: the address may be a newer one.
      const customer =
        (email === null ? null : await customerIn(ask, customerId, { created, email })) ??
        (await customerIn(ask, customerId, { created }));
      return customer && { name, providerCustomerId: customer.id };
    }
    case "open_session": {
      // A customer who is gone has none.
      const session = await orNull(sessionOf(ask, request, created));
      return session && opened(request, session);
    }
    case "expire_session": {
      const { name, sessionId } = request;
      const session = await orNull(ask((stripe) => stripe.checkout.sessions.retrieve(sessionId)));
      if (session === null) return null;
      const state = sessionState(session);
      if (state === null) throw unknownState(session);
      return state === "open" ? null : { name, state };
    }
    case "cancel_subscription": {
      return (await isOver(ask, request.subscriptionId))
        ? { name: "cancel_subscription", state: "canceled" }
        : null;
    }
    case "void_invoice":
    case "refund_payment":
      return findMoneyBack(ask, request);
    case "arrange_end":
    case "withdraw_end":
    case "pause_collection":
    case "resume_collection":
    case "withdraw_change":
    case "pay_invoice":
    case "change_price":
    case "schedule_change":
      return (await isChanged(ask, request)) ? { name: request.name, state: "done" } : null;
    default:
      return request satisfies never;
  }
}

async function customerIn(
  ask: Ask,
  customerId: string,
  filter: Stripe.CustomerListParams,
): Promise<Stripe.Customer | null> {
  const customers = listed(ask, (stripe, position) => stripe.customers.list({ ...filter, ...position }));
  for await (const customer of customers) {
    if (customer.metadata[METADATA_CUSTOMER] === customerId) return customer;
  }
  return null;
}

/** An expired session counts as none: what was asked for is a page to pay at, and another may be opened. */
async function sessionOf(
  ask: Ask,
  { providerCustomerId, checkout }: Extract<CallRequest, { name: "open_session" }>,
  created: Stripe.RangeQueryParam,
): Promise<Stripe.Checkout.Session | null> {
  const sessions = listed(ask, (stripe, position) =>
    stripe.checkout.sessions.list({ customer: providerCustomerId, created, ...position }),
  );
  let open: Stripe.Checkout.Session | null = null;
  for await (const session of sessions) {
    if (session.client_reference_id !== checkout.id) continue;
    switch (sessionState(session)) {
      case "complete":
        return session;
      case "open":
        open ??= session;
        break;
      case "expired":
        break;
      case null:
        throw unknownState(session);
    }
  }
  return open;
}

const unknownState = ({ id, status }: Stripe.Checkout.Session): ProviderError =>
  new ProviderError("stripe", "unavailable", `Stripe: session ${id} is in an unknown state: ${status}`, {
    code: "unknown_session_state",
  });
