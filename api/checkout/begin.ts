import { v7 as uuidv7 } from "uuid";
import type { Catalog } from "../../domain/catalog.ts";
import type { Checkout, Purchase } from "../../domain/checkout.ts";
import { isSamePurchase, trialDaysOf } from "../../domain/checkout.ts";
import { checkEntitlement, standingOf } from "../../domain/entitlement.ts";
import { checkoutId, subscriptionId } from "../../domain/ids.ts";
import type { Provider } from "../../domain/provider.ts";
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
import type { SubscriptionRow } from "../../store/subscription-row.ts";
import { subscriptionsOfCustomer } from "../../store/subscriptions.ts";
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
  const held = await subscriptionsOfCustomer(db, customer.id);
  const entitled = checkEntitlement(
    "checkout",
    offer.tier,
    standingOf(customer, held, catalog, now),
    catalog,
  );
  if (!entitled.allowed) {
    const { reason, message, instead, subscriptionId: id } = entitled;
    const fields = { reason, instead, ...(id === undefined ? {} : { subscription_id: id }) };
    return new ApiError(402, reason, message, { fields });
  }
  return openOrNew(db, customer, offer.price.provider, purchaseOf(offer, request, catalog, held), now);
}

const purchaseOf = (
  { tier, price }: Offer,
  { interval, quantity }: CheckoutRequest,
  { checkout }: Catalog,
  held: readonly SubscriptionRow[],
): Purchase => ({
  tier: tier.name,
  interval,
  quantity,
  priceId: price.id,
  offered: {
    ...checkout,
    trialDays: trialDaysOf(
      tier,
      held.map(({ subscription }) => subscription),
    ),
  },
});

/** R9: one open checkout per customer. The same purchase goes on at it; another takes its place. */
async function openOrNew(
  db: Db,
  customer: Customer,
  provider: Provider,
  purchase: Purchase,
  now: Instant,
): Promise<CheckoutRow> {
  const open = await findOpenCheckout(db, customer.id);
  if (
    open !== undefined &&
    isSamePurchase(open.checkout, purchase) &&
    (open.checkout.expiresAt === null || now < open.checkout.expiresAt)
  ) {
    return open;
  }
  if (open !== undefined) await replaceCheckout(db, open.checkout.id);
  const checkout: Checkout = {
    id: checkoutId(uuidv7()),
    subscriptionId: subscriptionId(uuidv7()),
    provider,
    ...purchase,
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
