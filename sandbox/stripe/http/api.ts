import type Koa from "koa";
import { takeError } from "../../knobs.ts";
import { addressOf, readText } from "../../read-request.ts";
import { type RequestLog, remember } from "../../state.ts";
import { StripeError } from "../errors.ts";
import { newId } from "../ids.ts";
import { apiVersion } from "../views/event.ts";
import { type AnswerParts, answer } from "./answer.ts";
import { authorise } from "./authorise.ts";
import { type Fault, faultOf } from "./faults.ts";
import { parseForm } from "./form.ts";
import { errorReply, type Reply } from "./reply.ts";

/** Stripe's API: everything under /v1. */
export function stripeApi(parts: AnswerParts & { changed: () => void }): Koa.Middleware {
  return async (ctx, next) => {
    if (!ctx.path.startsWith("/v1/")) return next();
    const log = logOf(ctx, parts.clock.now());
    remember(parts.state, log);
    ctx.set("Request-Id", log.id);
    ctx.set("Stripe-Version", log.api_version ?? apiVersion);
    const { made, silentMs } = await attempt(parts, ctx, log);
    parts.changed();
    if (silentMs !== null) {
      silence(ctx, silentMs);
      return;
    }
    log.status = made.status;
    log.replayed = made.replayed;
    if (made.replayed) ctx.set("Idempotent-Replayed", "true");
    if (log.idempotency_key !== null) ctx.set("Idempotency-Key", log.idempotency_key);
    ctx.status = made.status;
    ctx.type = "application/json";
    ctx.body = made.body;
  };
}

/** Works out the answer, and how long nothing is said before the caller is cut off (null = it is answered). */
async function attempt(
  parts: AnswerParts,
  ctx: Koa.Context,
  log: RequestLog,
): Promise<{ made: Reply; silentMs: number | null }> {
  let fault: Fault = {};
  const made = await answerOrError().catch((error: unknown) => errorReply(error, log.id));
  return { made, silentMs: fault.silence?.ms ?? null };

  async function answerOrError(): Promise<Reply> {
    const body = await readText(ctx);
    refuseOtherBodies(ctx, body);
    const text = [ctx.querystring, body].filter((part) => part !== "").join("&");
    log.params = parseForm(text);
    authorise(ctx.get("Authorization"));
    const knob = takeError(parts.state.knobs, ctx.method, ctx.path);
    log.fault = knob?.kind ?? null;
    fault = faultOf(knob);
    if (fault.silence?.when === "before") return unheard;
    const { id, idempotency_key: idempotencyKey, method, path } = log;
    return answer(parts, { id, method, path, text, idempotencyKey, origin: addressOf(ctx) }, fault);
  }
}

/** Nobody will read it: the connection ends before the work. */
const unheard: Reply = { status: 0, body: "", replayed: false };

function logOf(ctx: Koa.Context, now: number): RequestLog {
  return {
    id: newId("request"),
    provider: "stripe",
    method: ctx.method,
    path: ctx.path,
    params: {},
    idempotency_key: ctx.get("Idempotency-Key") || null,
    api_version: ctx.get("Stripe-Version") || null,
    status: null,
    replayed: false,
    fault: null,
    at: now,
  };
}

function refuseOtherBodies(ctx: Koa.Context, body: string): void {
  if (body === "" || ctx.is("application/x-www-form-urlencoded") !== false) return;
  throw new StripeError(
    400,
    "invalid_request_error",
    "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have any questions, we can help at https://support.stripe.com/.",
  );
}

/** Says nothing for a while and then hangs up. */
function silence(ctx: Koa.Context, ms: number): void {
  ctx.respond = false;
  const hangUp = setTimeout(() => ctx.req.socket.destroy(), ms);
  ctx.req.socket.once("close", () => clearTimeout(hangUp));
}
