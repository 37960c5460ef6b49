import { randomUUID } from "node:crypto";
import type { Context, Middleware } from "koa";
import type { Logger } from "pino";

/** Asked for every few seconds by machines; of no interest to people. */
const PROBES: readonly unknown[] = ["/healthz", "/readyz"];

/** Gives the request its id and writes its one line: never a body, a header, or a URL that was sent (R10). */
export function requestLog(log: Logger): Middleware {
  return async (ctx, next) => {
    const id = saneRequestId(ctx.get("X-Request-Id")) ?? randomUUID();
    ctx.set("X-Request-Id", id);
    const startedAt = performance.now();
    try {
      await next();
    } finally {
      const route: unknown = ctx["_matchedRoute"];
      log[PROBES.includes(route) ? "debug" : "info"](
        {
          method: ctx.method,
          // The pattern, not the path: a path may hold anything.
          route: typeof route === "string" ? route : "unmatched",
          status: ctx.status,
          ms: Math.round(performance.now() - startedAt),
          request_id: id,
        },
        "request",
      );
    }
  };
}

export const requestIdOf = (ctx: Pick<Context, "response">): string => ctx.response.get("X-Request-Id");

/** The caller's id if it can be trusted in a log: short, plain, and not a mere number (of a card, say). */
const saneRequestId = (text: string): string | undefined =>
  /^[A-Za-z0-9_-]{8,64}$/.test(text) && !/^[\d_-]+$/.test(text) ? text : undefined;
