import type { Router } from "@koa/router";
import { asSubscriptionId } from "../../domain/ids.ts";
import { findCheckoutOf } from "../../store/checkouts.ts";
import { overviewOfLife } from "../../store/overview.ts";
import { findSubscription } from "../../store/subscriptions.ts";
import { entriesAfter } from "../../store/timeline.ts";
import type { AppDeps } from "../deps.ts";
import { subscriptionAnswer } from "../life-answer.ts";
import { bearer } from "../middleware/bearer.ts";
import { moneyAnswer } from "../money-answer.ts";
import { limitOf, timelinePage, wrong } from "../timeline-page.ts";
import { unknownSubscription } from "../unknown-subscription.ts";

/** GET /api/billing/subscriptions/:id, …/payments and …/timeline: why is it in this state. From Postgres alone. */
export function subscriptions(router: Router, { pool, settings }: Pick<AppDeps, "pool" | "settings">): void {
  const isCaller = bearer(settings.apiKey);

  router.get("/api/billing/subscriptions/:id", isCaller, async (ctx) => {
    const id = asSubscriptionId(ctx.params["id"]);
    const overview = id && (await overviewOfLife(pool, id));
    if (overview === undefined) throw unknownSubscription();
    ctx.set("Cache-Control", "no-store");
    ctx.body = { status: "ok", ...subscriptionAnswer(overview) };
  });

  router.get("/api/billing/subscriptions/:id/payments", isCaller, async (ctx) => {
    const id = asSubscriptionId(ctx.params["id"]);
    const overview = id && (await overviewOfLife(pool, id));
    const [life] = overview?.lives ?? [];
    if (life === undefined) throw unknownSubscription();
    ctx.set("Cache-Control", "no-store");
    ctx.body = { status: "ok", ...moneyAnswer(life) };
  });

  router.get("/api/billing/subscriptions/:id/timeline", isCaller, async (ctx) => {
    const query = new URLSearchParams(ctx.querystring);
    const limit = limitOf(query);
    const after = query.get("after") ?? "0";
    if (!/^\d{1,9}$/.test(after)) throw wrong("after: expected a version");
    const id = asSubscriptionId(ctx.params["id"]);
    const known = id && ((await findSubscription(pool, id)) ?? (await findCheckoutOf(pool, id)));
    if (id === undefined || known === undefined) throw unknownSubscription();
    ctx.set("Cache-Control", "no-store");
    ctx.body = timelinePage(
      await entriesAfter(pool, id, Number(after), limit + 1),
      limit,
      (last) => last.version,
    );
  });
}
