import { setTimeout as sleep } from "node:timers/promises";
import type { Router, RouterContext } from "@koa/router";
import { givesAccess } from "../../domain/access.ts";
import type { Checkout } from "../../domain/checkout.ts";
import type { SubscriptionId } from "../../domain/ids.ts";
import { checkoutId } from "../../domain/ids.ts";
import { PROVIDERS } from "../../domain/provider.ts";
import { isTerminal } from "../../domain/status.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { findCheckout, findCheckoutBySession } from "../../store/checkouts.ts";
import { clockOffset } from "../../store/clock.ts";
import { findSubscription } from "../../store/subscriptions.ts";
import { ApiError } from "../api-error.ts";
import type { AppDeps } from "../deps.ts";
import { wordsAfterCancel, wordsAfterPaying } from "../pages/checkout-words.ts";
import { html } from "../pages/html.ts";
import { sendPage } from "../pages/page.ts";

/** How long a customer who has just paid waits for the real state. */
const WAIT_MS = 2_000;
const LOOK_EVERY_MS = 100;

type Deps = Pick<AppDeps, "pool" | "gateway" | "log">;

/** GET /api/billing/success and /api/billing/cancel: where the provider sends customers back to. No personal data. */
export function afterCheckout(router: Router, deps: Deps): void {
  router.get("/api/billing/success", async (ctx) => {
    const checkout = await checkoutOfSession(deps, ctx.URL.searchParams.get("session_id") ?? "");
    if (checkout === undefined) return sendUnknown(ctx);
    const subscription = await realState(deps, checkout.subscriptionId);
    const now = Date.now() + (await clockOffset(deps.pool));
    const message = wordsAfterPaying(checkout, subscription);
    send(ctx, subscription === null ? "Thank you" : `Subscription to ${subscription.terms.tier}`, message, {
      tier: subscription?.terms.tier ?? checkout.tier,
      subscription_id: checkout.subscriptionId,
      subscription_status: subscription?.status ?? null,
      access: subscription !== null && givesAccess(subscription, now),
      current_period_end: subscription === null ? null : new Date(subscription.period.end).toISOString(),
    });
  });
  router.get("/api/billing/cancel", async (ctx) => {
    const id = ctx.URL.searchParams.get("checkout");
    if (id === null) return send(ctx, "Checkout left", "Nothing was charged. The checkout stays open.", {});
    const checkout = await checkoutById(deps, id);
    if (checkout === undefined) return sendUnknown(ctx);
    send(ctx, "Checkout left", wordsAfterCancel(checkout), {
      tier: checkout.tier,
      checkout_id: checkout.id,
      checkout_state: checkout.state,
    });
  });
}

async function checkoutOfSession({ pool }: Deps, sessionId: string): Promise<Checkout | undefined> {
  // What no provider would name a session cannot be one, and may be nothing that Postgres can read.
  if (!/^[\w-]{1,255}$/.test(sessionId)) return undefined;
  for (const provider of PROVIDERS) {
    const row = await findCheckoutBySession(pool, provider, sessionId);
    if (row !== undefined) return row.checkout;
  }
  return undefined;
}

async function checkoutById({ pool }: Deps, text: string): Promise<Checkout | undefined> {
  let id: ReturnType<typeof checkoutId>;
  try {
    id = checkoutId(text);
  } catch {
    return undefined;
  }
  return (await findCheckout(pool, id))?.checkout;
}

/** Has the provider looked at now, and waits a little for what it says. */
async function realState({ pool, gateway, log }: Deps, id: SubscriptionId): Promise<Subscription | null> {
  const waitUntil = Date.now() + WAIT_MS;
  let subscription = (await findSubscription(pool, id))?.subscription ?? null;
  if (subscription !== null && isTerminal(subscription.status)) return subscription;
  // Not waited for: Temporal may be away, and what we know is shown all the same.
  gateway.wakeNow(id).catch(() => log.debug("a customer's return woke nobody"));
  while ((subscription === null || subscription.status === "incomplete") && Date.now() < waitUntil) {
    await sleep(LOOK_EVERY_MS);
    subscription = (await findSubscription(pool, id))?.subscription ?? null;
  }
  return subscription;
}

function send(ctx: RouterContext, title: string, message: string, fields: object): void {
  if (ctx.accepts("json", "html") === "html") {
    sendPage(ctx, title, html`<p>${message}</p>`);
    return;
  }
  ctx.set("Cache-Control", "no-store");
  ctx.body = { status: "ok", ...fields, message };
}

function sendUnknown(ctx: RouterContext): void {
  if (ctx.accepts("json", "html") !== "html") {
    throw new ApiError(404, "unknown_checkout", "There is no such checkout");
  }
  sendPage(
    ctx,
    "Unknown checkout",
    html`<p>There is no such checkout here. The address may be cut short.</p>`,
  );
  ctx.status = 404;
}
