import type { Middleware } from "koa";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { ApiError } from "../api-error.ts";

/** Limits how often one caller may ask in a minute, in this process. */
export function rateLimit(perMinute: number, caller: string): Middleware {
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
  return async (_ctx, next) => {
    try {
      await limiter.consume(caller);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      throw new ApiError(
        429,
        "rate_limited",
        `At most ${perMinute} of these requests are answered in a minute`,
        {
          headers: { "Retry-After": `${Math.max(1, Math.ceil(refusal.msBeforeNext / 1_000))}` },
        },
      );
    }
    await next();
  };
}
