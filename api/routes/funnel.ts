import type { Router } from "@koa/router";
import { checkoutFunnel } from "../../store/funnel.ts";
import type { AppDeps } from "../deps.ts";
import { bearer } from "../middleware/bearer.ts";
import { wrong } from "../timeline-page.ts";

/** GET /api/billing/checkouts/funnel: how far the checkouts of each month came. From Postgres alone. */
export function funnel(router: Router, { pool, settings }: Pick<AppDeps, "pool" | "settings">): void {
  router.get("/api/billing/checkouts/funnel", bearer(settings.apiKey), async (ctx) => {
    const query = new URLSearchParams(ctx.querystring);
    const from = monthIn(query, "from");
    const to = monthIn(query, "to");
    ctx.set("Cache-Control", "no-store");
    ctx.body = { status: "ok", from, to, funnel: await checkoutFunnel(pool, from, to) };
  });
}

function monthIn(query: URLSearchParams, name: "from" | "to"): string | null {
  const month = query.get(name);
  if (month === null || /^[1-9]\d{3}-(0[1-9]|1[0-2])$/.test(month)) return month;
  throw wrong(`${name}: expected a month of UTC, such as 2026-11`);
}
