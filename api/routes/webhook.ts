import type { Router } from "@koa/router";
import { PROVIDERS } from "../../domain/provider.ts";
import type { PaymentProvider, VerifiedEvent } from "../../providers/provider.ts";
import { WebhookRejected } from "../../providers/provider.ts";
import { storeArrival, storedId } from "../../store/arrivals.ts";
import { findEvent } from "../../store/events.ts";
import { ApiError, databaseUnavailable } from "../api-error.ts";
import type { AppDeps } from "../deps.ts";
import { describeError } from "../describe-error.ts";
import { addToIncident } from "../incident.ts";
import { readBody } from "../read-body.ts";
import type { Rejections } from "../rejections.ts";
import { createRejections } from "../rejections.ts";
import { routeEvent } from "../route-event.ts";
import { TookTooLong, within } from "../within.ts";

const BODY_LIMIT = 1024 * 1024;
/** Razorpay counts an answer after 5 s as none; an event that is stored late after all is a duplicate then. */
const STORE_MS = 3_500;
const ROUTE_MS = 1_000;

/** POST /webhook/stripe, /webhook/razorpay: verified, stored, answered (R1); then routed and woken. */
export function webhook(router: Router, deps: AppDeps): void {
  const rejections = createRejections({
    log: deps.log,
    record: (provider, reason, count) =>
      addToIncident(deps, "webhook_signatures", `${provider}/${reason}`, count, {
        kind: "webhook_signatures_failing",
        text: `Webhooks of ${provider} are turned away: ${reason}`,
        fields: { provider, reason, count },
      }),
  });
  router.post("/webhook/:provider", async (ctx) => {
    const name = PROVIDERS.find((each) => each === ctx.params["provider"]);
    const provider = name === undefined ? undefined : deps.providers.get(name);
    if (provider === undefined)
      throw new ApiError(404, "unknown_provider", "No such provider is set up here");
    const raw = await readBody(ctx.req, BODY_LIMIT);
    const event = verified(provider, raw, ctx.req.headers, rejections);
    const isNew = await storeAndRoute(deps, provider, event);
    ctx.status = 200;
    ctx.body = isNew ? { received: true } : { received: true, duplicate: true };
  });
}

function verified(
  provider: PaymentProvider,
  raw: Buffer,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  rejections: Rejections,
): VerifiedEvent {
  try {
    return provider.verify(raw, headers);
  } catch (error) {
    if (!(error instanceof WebhookRejected)) throw error;
    rejections.count(provider.name, error.reason);
    throw new ApiError(400, "webhook_rejected", `The delivery is not what it says: ${error.reason}`, {
      fields: { reason: error.reason },
    });
  }
}

/** False: it was here before. */
async function storeAndRoute(
  deps: AppDeps,
  provider: PaymentProvider,
  event: VerifiedEvent,
): Promise<boolean> {
  const interest = provider.interest(event.type, event.payload);
  const id = storedId(event.id);
  const isNew = await within(
    STORE_MS,
    storeArrival(deps.pool, { provider: provider.name, ...event }, interest),
  ).catch((error: unknown) => {
    throw error instanceof TookTooLong ? databaseUnavailable(error) : error;
  });
  if (interest.kind === "ignore") return isNew;
  const route = async (): Promise<void> => {
    // A second delivery of what still waits is a second chance to wake.
    if (!isNew && (await findEvent(deps.pool, provider.name, id))?.state !== "received") return;
    await routeEvent(deps, provider.name, id, interest);
  };
  // It is stored, so it is acknowledged: what goes wrong from here on is taken up by the sweep (R1).
  await within(ROUTE_MS, route()).catch((error: unknown) =>
    deps.log.warn(
      { provider: provider.name, event: id, error: describeError(error) },
      "event not routed yet",
    ),
  );
  return isNew;
}
