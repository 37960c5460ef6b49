import type { Router } from "@koa/router";
import { asSubscriptionId } from "../../domain/ids.ts";
import { livesOfCustomer, overviewOfCustomer } from "../../store/overview.ts";
import type { Place } from "../../store/timeline.ts";
import { entriesOfSeveral } from "../../store/timeline.ts";
import { customerNamed } from "../customer-named.ts";
import type { AppDeps } from "../deps.ts";
import { customerAnswer } from "../life-answer.ts";
import { bearer } from "../middleware/bearer.ts";
import { limitOf, timelinePage, wrong } from "../timeline-page.ts";

/** GET /api/billing/customers/:receipt and …/timeline: why is this customer in this state. From Postgres alone. */
export function customers(router: Router, { pool, settings }: Pick<AppDeps, "pool" | "settings">): void {
  const isCaller = bearer(settings.apiKey);

  router.get("/api/billing/customers/:receipt", isCaller, async (ctx) => {
    const customer = await customerNamed(pool, ctx.params["receipt"]);
    ctx.set("Cache-Control", "no-store");
    ctx.body = { status: "ok", ...customerAnswer(await overviewOfCustomer(pool, customer)) };
  });

  router.get("/api/billing/customers/:receipt/timeline", isCaller, async (ctx) => {
    const query = new URLSearchParams(ctx.querystring);
    const limit = limitOf(query);
    const after = placeOf(query.get("after"));
    const customer = await customerNamed(pool, ctx.params["receipt"]);
    const lives = await livesOfCustomer(pool, customer.id);
    ctx.set("Cache-Control", "no-store");
    ctx.body = timelinePage(
      await entriesOfSeveral(pool, lives, after, limit + 1),
      limit,
      ({ at, subscriptionId, version }) => `${at}:${subscriptionId}:${version}`,
    );
  });
}

/** Where the page before has ended, as `next_after` said it: versions are of one subscription, so it names which. */
function placeOf(after: string | null): Place | null {
  if (after === null) return null;
  const [, at, id, version] = /^(\d{1,15}):([0-9a-f-]{36}):(\d{1,9})$/.exec(after) ?? [];
  const subscriptionId = asSubscriptionId(id);
  if (subscriptionId === undefined) throw wrong("after: expected the next_after of the page before");
  return { at: Number(at), subscriptionId, version: Number(version) };
}
