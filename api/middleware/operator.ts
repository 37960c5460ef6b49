import type { Middleware } from "koa";
import { ApiError } from "../api-error.ts";
import { isSameSecret } from "../same-secret.ts";

/** Lets operators in by HTTP Basic, so that a browser is enough: any user name, the admin token as the password. */
export function operator(adminToken: string): Middleware {
  return async (ctx, next) => {
    ctx.set("Cache-Control", "no-store");
    const given = passwordOf(ctx.get("Authorization"));
    if (given === undefined || !isSameSecret(given, adminToken)) {
      throw new ApiError(401, "unauthorized", "Sign in with the admin token as the password", {
        headers: { "WWW-Authenticate": 'Basic realm="perennial", charset="UTF-8"' },
      });
    }
    await next();
  };
}

function passwordOf(authorization: string): string | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon === -1 ? undefined : text.slice(colon + 1);
}
