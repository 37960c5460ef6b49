import type { Router, RouterContext } from "@koa/router";
import { givesAccess } from "../../domain/access.ts";
import { findTier } from "../../domain/catalog.ts";
import type { Checkout } from "../../domain/checkout.ts";
import { checkoutId } from "../../domain/ids.ts";
import { PROVIDERS } from "../../domain/provider.ts";
import { catalogInForce } from "../../store/catalogs.ts";
import { findCheckout, findCheckoutBySession } from "../../store/checkouts.ts";
import { clockOffset } from "../../store/clock.ts";
import { ApiError } from "../api-error.ts";
import type { AppDeps } from "../deps.ts";
import { wordsAfterCancel, wordsAfterPaying } from "../pages/checkout-words.ts";
import { html } from "../pages/html.ts";
import { prefersPage, sendPage } from "../pages/page.ts";
import { realState } from "../real-state.ts";

/** How long a customer who has just paid waits for the real state. */
const WAIT_MS = 2_000;

type Deps = Pick<AppDeps, "pool" | "gateway">;

/** GET /api/billing/success and /api/billing/cancel: where the provider sends customers back to. No personal data. */
export function afterCheckout(router: Router, deps: Deps): void {
  router.get("/api/billing/success", async (ctx) => {
    const checkout = await checkoutOfSession(
      deps,
      new URLSearchParams(ctx.querystring).get("session_id") ?? "",
    );
    if (checkout === undefined) throw unknownCheckout();
    const subscription = await realState(deps, checkout.subscriptionId, WAIT_MS);
    const now = Date.now() + (await clockOffset(deps.pool));
    const tier = subscription?.terms.tier ?? checkout.tier;
    const title = await titleOf(deps, tier);
    const message = wordsAfterPaying(title, checkout, subscription);
    send(ctx, `${subscription === null ? "Checkout of" : "Subscription to"} ${title}`, message, {
      tier,
      subscription_id: checkout.subscriptionId,
      subscription_status: subscription?.status ?? null,
      access: subscription !== null && givesAccess(subscription, now),
      current_period_end: subscription === null ? null : new Date(subscription.period.end).toISOString(),
    });
  });
  router.get("/api/billing/cancel", async (ctx) => {
    const id = new URLSearchParams(ctx.querystring).get("checkout");
    if (id === null) return send(ctx, "Checkout left", "Nothing was charged. The checkout stays open.", {});
    const checkout = await checkoutById(deps, id);
    if (checkout === undefined) throw unknownCheckout();
    const words = wordsAfterCancel(await titleOf(deps, checkout.tier), checkout);
    send(ctx, "Checkout left", words, {
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

/** What people call the tier; its name when the catalog no longer has it. */
async function titleOf({ pool }: Deps, name: string): Promise<string> {
  const catalog = await catalogInForce(pool);
  return (catalog && findTier(catalog, name)?.title) ?? name;
}

const unknownCheckout = (): ApiError =>
  new ApiError(404, "unknown_checkout", "There is no such checkout here. The address may be cut short.");

function send(ctx: RouterContext, title: string, message: string, fields: object): void {
  ctx.vary("Accept");
  if (prefersPage(ctx)) {
    sendPage(ctx, title, html`<p>${message}</p>`);
    return;
  }
  ctx.set("Cache-Control", "no-store");
  ctx.body = { status: "ok", ...fields, message };
}
