import { bodyParser } from "@koa/bodyparser";
import type { Router } from "@koa/router";
import type { Answer, Attempt } from "../checkout/begin.ts";
import { beginCheckout } from "../checkout/begin.ts";
import { type FinishDeps, finishCheckout } from "../checkout/finish.ts";
import { openOnce } from "../checkout/open-once.ts";
import { parseCheckoutRequest } from "../checkout/request.ts";
import type { AppDeps } from "../deps.ts";
import { CALLER, keyTaken, parseIdempotencyKey } from "../idempotency-key.ts";
import { bearer } from "../middleware/bearer.ts";
import { rateLimit } from "../middleware/rate-limit.ts";
import { requestIdOf } from "../middleware/request-log.ts";
import { requireJson } from "../parse-body.ts";
import { within } from "../within.ts";

/** The caller hears something within 5 s, whatever is away. */
const ANSWER_MS = 4_800;
/** How long the provider's page may take to open; what is left of the time is for Postgres. */
const OPEN_MS = 4_000;
const MARGIN_MS = 600;
const LEAST_OPEN_MS = 200;

/** POST /api/billing/create-checkout */
export function createCheckout(router: Router, deps: AppDeps): void {
  const { apiKey, checkoutsPerMinute } = deps.settings;
  const finishDeps: FinishDeps = { ...deps, openCheckout: openOnce(deps.gateway) };
  router.post(
    "/api/billing/create-checkout",
    bearer(apiKey),
    rateLimit(checkoutsPerMinute, CALLER),
    bodyParser({ enableTypes: ["json"], jsonLimit: "16kb" }),
    async (ctx) => {
      const key = parseIdempotencyKey(ctx.get("Idempotency-Key"));
      requireJson(ctx);
      const request = parseCheckoutRequest(ctx.request.body);
      const attempt: Attempt = { caller: CALLER, key, request, requestId: requestIdOf(ctx) };
      const { answer, replayed } = await within(ANSWER_MS, answerOf(finishDeps, attempt));
      if (replayed) ctx.set("Idempotent-Replayed", "true");
      ctx.status = answer.status;
      ctx.body = answer.body;
    },
  );
}

async function answerOf(deps: FinishDeps, attempt: Attempt): Promise<{ answer: Answer; replayed: boolean }> {
  const startedAt = performance.now();
  const begun = await beginCheckout(deps, attempt);
  switch (begun.kind) {
    case "answer":
      return begun;
    case "running":
    case "other_request":
      throw keyTaken(begun.kind);
    case "checkout": {
      const left = ANSWER_MS - MARGIN_MS - (performance.now() - startedAt);
      const timeoutMs = Math.max(LEAST_OPEN_MS, Math.min(OPEN_MS, left));
      return { answer: await finishCheckout(deps, attempt, begun.row, timeoutMs), replayed: false };
    }
    default:
      return begun satisfies never;
  }
}
