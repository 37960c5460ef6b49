import { allowedCommands } from "../../domain/command.ts";
import type { SubscriptionId } from "../../domain/ids.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { findCheckoutOf } from "../../store/checkouts.ts";
import { clockOffset } from "../../store/clock.ts";
import { insertCommand } from "../../store/commands.ts";
import { answerKey, claimKey, releaseKey } from "../../store/idempotency.ts";
import { type Db, transaction } from "../../store/pool.ts";
import { findSubscription } from "../../store/subscriptions.ts";
import type { CommandReply } from "../../temporal/gateway.ts";
import { ApiError, errorBody } from "../api-error.ts";
import type { AppDeps } from "../deps.ts";
import { keyTaken } from "../idempotency-key.ts";
import { iso } from "../iso.ts";
import { scheduledAnswer } from "../life-answer.ts";
import { unknownSubscription } from "../unknown-subscription.ts";
import { within } from "../within.ts";
import type { CommandRequest } from "./request.ts";
import { commandIdOf, hashOf, inAddress } from "./request.ts";

/** One request under its Idempotency-Key. */
export interface Given {
  readonly caller: string;
  readonly key: string;
  readonly request: CommandRequest;
  readonly requestId: string;
}

export interface Told {
  readonly status: number;
  readonly body: unknown;
  /** It was answered before. */
  readonly replayed: boolean;
}

/** How long giving the key back may take when everything else has failed already. */
const RELEASE_MS = 400;

/**
 * Gives the command to the subscription's workflow. It is in Postgres first: whatever is away, it is carried out
 * later, and its outcome can be read there.
 * @throws ApiError for what is no answer of the command
 */
export async function giveCommand(
  { pool, gateway }: Pick<AppDeps, "pool" | "gateway">,
  given: Given,
  timeoutMs: number,
): Promise<Told> {
  const { caller, key, request, requestId } = given;
  const { subscriptionId, kind, by, why, parameters } = request;
  const commandId = commandIdOf(caller, key);
  const answered = await transaction(pool, async (db) => {
    if (!(await isKnown(db, subscriptionId))) throw unknownSubscription();
    const claim = await claimKey(db, caller, key, hashOf(request));
    if (claim.kind === "answered") return claim;
    if (claim.kind !== "ours") throw keyTaken(claim.kind);
    const now = Date.now() + (await clockOffset(db));
    await insertCommand(db, subscriptionId, { id: commandId, kind, askedBy: by, why, parameters }, now);
    return null;
  });
  if (answered !== null) return { status: answered.status, body: answered.body, replayed: true };
  try {
    const asked = { by, ...(why === null ? {} : { why }), ...parameters };
    const reply = await gateway.command(subscriptionId, kind, commandId, asked, timeoutMs);
    const row = await findSubscription(pool, subscriptionId);
    const told = tell(reply, {
      commandId,
      subscriptionId,
      subscription: row?.subscription ?? null,
      requestId,
    });
    if (told.status === 202) await releaseKey(pool, caller, key);
    else await answerKey(pool, caller, key, told.status, told.body);
    return { ...told, replayed: false };
  } catch (error) {
    // The lease ends by itself too, only later.
    await within(RELEASE_MS, releaseKey(pool, caller, key)).catch(() => {});
    throw error;
  }
}

interface Asked {
  readonly commandId: string;
  readonly subscriptionId: SubscriptionId;
  readonly subscription: Subscription | null;
  readonly requestId: string;
}

/** @throws ApiError 502, which is never stored: an operator mends it */
function tell(reply: CommandReply, asked: Asked): Pick<Told, "status" | "body"> {
  const { commandId, subscriptionId, subscription, requestId } = asked;
  const state = { command_id: commandId, subscription_id: subscriptionId, ...stateOf(subscription) };
  switch (reply.state) {
    case "done":
      return { status: 200, body: { status: "ok", outcome: "done", message: reply.what, ...state } };
    case "pending":
      return {
        status: 202,
        body: { status: "ok", outcome: "pending", message: reply.what, ...state },
      };
    case "refused": {
      const fields = { ...state, allowed: allowedCommands(subscription).map(inAddress) };
      if (reply.reason === "provider_refused") {
        const what = `The payment provider refuses it: ${reply.what}. Operators were told.`;
        throw new ApiError(502, reply.reason, what, { fields });
      }
      const status = reply.reason === "payment_failed" ? 402 : 409;
      return {
        status,
        body: errorBody(new ApiError(status, reply.reason, reply.what, { fields }), requestId),
      };
    }
    default:
      return reply satisfies never;
  }
}

/** What has become of the subscription, as far as it is known. */
const stateOf = (subscription: Subscription | null): object => ({
  subscription_status: subscription?.status ?? null,
  tier: subscription?.terms.tier ?? null,
  interval: subscription?.terms.interval ?? null,
  quantity: subscription?.terms.quantity ?? null,
  current_period_end: iso(subscription === null ? null : subscription.period.end),
  cancel_at: iso(subscription !== null && "cancelAt" in subscription ? subscription.cancelAt : null),
  scheduled_change: subscription === null ? null : scheduledAnswer(subscription),
  access_ends_at: iso(subscription !== null && "graceUntil" in subscription ? subscription.graceUntil : null),
});

/** Whether there is such a subscription, or a checkout that may become one. */
const isKnown = async (db: Db, id: SubscriptionId): Promise<boolean> =>
  (await findSubscription(db, id)) !== undefined || (await findCheckoutOf(db, id)) !== undefined;
