import { v7 as uuidv7 } from "uuid";
import { givesAccess } from "../../domain/access.ts";
import type { Checkout } from "../../domain/checkout.ts";
import { checkEntitlement } from "../../domain/entitlement.ts";
import { checkoutId, subscriptionId } from "../../domain/ids.ts";
import type { Instant } from "../../domain/time.ts";
import { catalogInForce } from "../../store/catalogs.ts";
import type { CheckoutRow } from "../../store/checkouts.ts";
import { findCheckout, findOpenCheckout, insertCheckout, replaceCheckout } from "../../store/checkouts.ts";
import { clockOffset } from "../../store/clock.ts";
import { insertCommand } from "../../store/commands.ts";
import type { Customer } from "../../store/customers.ts";
import { lockCustomerByReceipt } from "../../store/customers.ts";
import { answerKey, claimKey, tieKey } from "../../store/idempotency.ts";
import type { Db } from "../../store/pool.ts";
import { transaction } from "../../store/pool.ts";
import { findSubscription } from "../../store/subscriptions.ts";
import { ApiError, errorBody } from "../api-error.ts";
import type { AppDeps } from "../deps.ts";
import type { Offer } from "./offer.ts";
import { findOffer } from "./offer.ts";
import type { CheckoutRequest } from "./request.ts";
import { hashOf } from "./request.ts";

/** One request under its Idempotency-Key. */
export interface Attempt {
  readonly caller: string;
  readonly key: string;
  readonly request: CheckoutRequest;
  readonly requestId: string;
}

/** A final answer: stored under the key, and the same on every repetition. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export type Begun =
  | { readonly kind: "checkout"; readonly row: CheckoutRow }
  | { readonly kind: "answer"; readonly answer: Answer; readonly replayed: boolean }
  | { readonly kind: "running" }
  | { readonly kind: "other_request" };

type Settings = Pick<AppDeps["settings"], "defaultProvider">;

/**
 * Everything that is decided before the provider is asked, in one transaction: the key, the customer, whether it may
 * buy, and which checkout it is. A refusal is an answer and is stored like one; it is returned, not thrown, because
 * what is thrown undoes the storing.
 */
export async function beginCheckout(
  deps: Pick<AppDeps, "pool"> & { readonly settings: Settings },
  attempt: Attempt,
): Promise<Begun> {
  const { caller, key, request, requestId } = attempt;
  return transaction(deps.pool, async (db) => {
    const claim = await claimKey(db, caller, key, hashOf(request));
    if (claim.kind === "answered") {
      return { kind: "answer", answer: { status: claim.status, body: claim.body }, replayed: true };
    }
    if (claim.kind !== "ours") return claim;
    const begun = claim.checkoutId === null ? undefined : await findCheckout(db, claim.checkoutId);
    if (begun !== undefined) return { kind: "checkout", row: begun };

    const row = await chooseCheckout(db, deps.settings, request);
    if (row instanceof ApiError) {
      const answer = await answerKey(db, caller, key, row.status, errorBody(row, requestId));
      return { kind: "answer", answer, replayed: false };
    }
    await tieKey(db, caller, key, row.checkout.id);
    return { kind: "checkout", row };
  });
}

async function chooseCheckout(
  db: Db,
  { defaultProvider }: Settings,
  request: CheckoutRequest,
): Promise<CheckoutRow | ApiError> {
  const catalog = await catalogInForce(db);
  if (catalog === undefined) {
    throw new ApiError(503, "not_migrated", "No catalog is published yet: run `npm run migrate`", {
      headers: { "Retry-After": "5" },
    });
  }
  // Before the customer: a wrong tier leaves no trace.
  const offer = findOffer(catalog, defaultProvider, request);
  if (offer instanceof ApiError) return offer;
  const now = Date.now() + (await clockOffset(db));
  const customer = await lockCustomerByReceipt(db, request.receipt, request.email);
  const entitled = checkEntitlement(
    "checkout",
    offer.tier,
    {
      blocked: customer.blocked,
      blockedReason: customer.blockedReason,
      liveTier: await liveTierOf(db, customer, now),
    },
    catalog,
  );
  if (!entitled.allowed) {
    const { reason, message, instead } = entitled;
    return new ApiError(402, reason, message, { fields: { reason, instead } });
  }
  return openOrNew(db, customer, offer, request, now);
}

async function liveTierOf(db: Db, customer: Customer, now: Instant): Promise<string | null> {
  if (customer.liveSubscriptionId === null) return null;
  const row = await findSubscription(db, customer.liveSubscriptionId);
  return row !== undefined && givesAccess(row.subscription, now) ? row.subscription.terms.tier : null;
}

/** R9: one open checkout per customer. The same purchase goes on at it; another takes its place. */
async function openOrNew(
  db: Db,
  customer: Customer,
  { tier, price }: Offer,
  request: CheckoutRequest,
  now: Instant,
): Promise<CheckoutRow> {
  const open = await findOpenCheckout(db, customer.id);
  if (
    open !== undefined &&
    open.checkout.tier === tier.name &&
    open.checkout.interval === request.interval &&
    open.checkout.quantity === request.quantity &&
    // A page that was opened before a price change still asks the old price.
    open.checkout.priceId === price.id &&
    (open.checkout.expiresAt === null || now < open.checkout.expiresAt)
  ) {
    return open;
  }
  if (open !== undefined) await replaceCheckout(db, open.checkout.id);
  const checkout: Checkout = {
    id: checkoutId(uuidv7()),
    subscriptionId: subscriptionId(uuidv7()),
    provider: price.provider,
    tier: tier.name,
    interval: request.interval,
    quantity: request.quantity,
    priceId: price.id,
    state: "opening",
    sessionId: null,
    expiresAt: null,
    createdAt: now,
  };
  const replaces = open?.checkout.id ?? null;
  await insertCheckout(db, checkout, customer.id, replaces);
  const command = { id: checkout.id, kind: "checkout", askedBy: "api", why: null } as const;
  await insertCommand(db, checkout.subscriptionId, command, now);
  return { checkout, customerId: customer.id, replaces, url: null, version: 0 };
}
