import type { Middleware } from "koa";
import { ApiError } from "../api-error.ts";
import { isSameSecret } from "../same-secret.ts";

/** Lets only those in who show the API key. */
export function bearer(apiKey: string): Middleware {
  return async (ctx, next) => {
    const [, given] = /^Bearer +(\S+)$/i.exec(ctx.get("Authorization")) ?? [];
    if (given === undefined || !isSameSecret(given, apiKey)) {
      throw new ApiError(401, "unauthorized", "Send the API key as Authorization: Bearer <key>", {
        headers: { "WWW-Authenticate": 'Bearer realm="perennial"' },
      });
    }
    await next();
  };
}
