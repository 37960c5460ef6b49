import { bodyParser } from "@koa/bodyparser";
import type { Router, RouterContext } from "@koa/router";
import { asSubscriptionId } from "../../domain/ids.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { catalogInForce } from "../../store/catalogs.ts";
import { findCheckoutOf } from "../../store/checkouts.ts";
import type { Pool } from "../../store/pool.ts";
import { findSubscription } from "../../store/subscriptions.ts";
import { ApiError } from "../api-error.ts";
import { askProvider } from "../ask-provider.ts";
import { customerNamed } from "../customer-named.ts";
import type { AppDeps } from "../deps.ts";
import { invoicesAnswer, placeOfInvoice } from "../invoices-answer.ts";
import { bearer } from "../middleware/bearer.ts";
import { requireJson } from "../parse-body.ts";
import { onlyOfCustomer, parsePortalRequest } from "../portal-request.ts";
import { parsePreview, previewAnswer, previewable } from "../preview-answer.ts";
import { limitOf } from "../timeline-page.ts";
import { unknownSubscription } from "../unknown-subscription.ts";

const SUBSCRIPTION = "/api/billing/subscriptions/:id";
const json = bodyParser({ enableTypes: ["json"], jsonLimit: "16kb" });
/** The provider lists no more at once. */
const MOST_INVOICES = 100;

/** What only the provider knows, read while the caller waits: never through Temporal, and never stored. */
export function providerReads(router: Router, deps: Pick<AppDeps, "pool" | "providers" | "settings">): void {
  const { pool, settings } = deps;
  const isCaller = bearer(settings.apiKey);

  router.get(`${SUBSCRIPTION}/preview`, isCaller, async (ctx) => {
    const wanted = parsePreview(new URLSearchParams(ctx.querystring));
    const subscription = await subscriptionOf(pool, ctx.params["id"]);
    const { terms } = subscription;
    const catalog = await catalogInForce(pool);
    if (catalog === undefined) throw new ApiError(503, "no_catalog", "No catalog is published yet");
    const asked = previewable(subscription, wanted, catalog);
    const preview = await askProvider(deps, terms.provider, (provider) =>
      provider.preview({ subscriptionId: terms.providerSubscriptionId, ...asked }),
    );
    answer(ctx, { at: asked.at, ...previewAnswer(preview) });
  });

  router.get(`${SUBSCRIPTION}/invoices`, isCaller, async (ctx) => {
    const query = new URLSearchParams(ctx.querystring);
    const [limit, after] = [limitOf(query, MOST_INVOICES), placeOfInvoice(query.get("after"))];
    const { terms } = await subscriptionOf(pool, ctx.params["id"]);
    const page = await askProvider(deps, terms.provider, (provider) =>
      provider.invoices(terms.providerSubscriptionId, after, limit),
    );
    answer(ctx, invoicesAnswer(page));
  });

  // A POST, because it makes something: a link that lets its holder in for some minutes.
  router.post(`${SUBSCRIPTION}/portal`, isCaller, json, async (ctx) => {
    requireJson(ctx);
    const { returnUrl, flow } = parsePortalRequest(ctx.request.body ?? {}, settings.publicUrl);
    const { terms } = await subscriptionOf(pool, ctx.params["id"]);
    const subscriptionId = terms.providerSubscriptionId;
    const link = await askProvider(deps, terms.provider, (provider) =>
      provider.portal({
        customerId: terms.providerCustomerId,
        returnUrl,
        flow:
          flow === null || flow === "payment_method_update"
            ? flow && { type: flow }
            : { type: flow, subscriptionId },
      }),
    );
    answer(ctx, link);
  });

  router.post("/api/billing/customers/:receipt/portal", isCaller, json, async (ctx) => {
    requireJson(ctx);
    const { returnUrl, flow } = parsePortalRequest(ctx.request.body ?? {}, settings.publicUrl);
    const at = onlyOfCustomer(flow);
    const { stripeCustomerId } = await customerNamed(pool, ctx.params["receipt"]);
    if (stripeCustomerId === null) {
      throw new ApiError(409, "never_charged", "The payment provider does not know this customer yet");
    }
    const link = await askProvider(deps, "stripe", (provider) =>
      provider.portal({ customerId: stripeCustomerId, returnUrl, flow: at }),
    );
    answer(ctx, link);
  });
}

function answer(ctx: Pick<RouterContext, "set" | "body">, fields: object): void {
  ctx.set("Cache-Control", "no-store");
  ctx.body = { status: "ok", ...fields };
}

/** @throws ApiError 404, or 409 for a checkout that has become none yet */
async function subscriptionOf(pool: Pool, text: string | undefined): Promise<Subscription> {
  const id = asSubscriptionId(text);
  const row = id && (await findSubscription(pool, id));
  if (row !== undefined) return row.subscription;
  if (id === undefined || (await findCheckoutOf(pool, id)) === undefined) throw unknownSubscription();
  throw new ApiError(409, "no_subscription", "There is no subscription yet");
}
