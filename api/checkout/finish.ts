import type { CheckoutId } from "../../domain/ids.ts";
import type { CheckoutRow } from "../../store/checkouts.ts";
import { findCheckout } from "../../store/checkouts.ts";
import { answerKey, releaseKey } from "../../store/idempotency.ts";
import { ApiError, errorBody, outcomeUnknown } from "../api-error.ts";
import type { AppDeps } from "../deps.ts";
import { realState } from "../real-state.ts";
import { within } from "../within.ts";
import type { Answer, Attempt } from "./begin.ts";

export type FinishDeps = Pick<AppDeps, "pool" | "gateway" | "settings"> & {
  /** The gateway's, but asked once for all who wait for one checkout. */
  readonly openCheckout: AppDeps["gateway"]["openCheckout"];
};

/** How long giving the key back may take when everything else has failed already. */
const RELEASE_MS = 400;
/** How long the answer may wait for what was paid meanwhile to be known. */
const PAID_WAIT_MS = 1_000;

const ASK_ANEW = "ask for a new one with a new Idempotency-Key";

/**
 * Has the provider's page opened by the subscription's workflow and stores the final answer under the key.
 * Whatever else comes of it gives the key back, so that it can be repeated at once.
 * @throws ApiError 5xx, which is never stored
 */
export async function finishCheckout(
  deps: FinishDeps,
  attempt: Attempt,
  row: CheckoutRow,
  timeoutMs: number,
): Promise<Answer> {
  const { caller, key, requestId } = attempt;
  try {
    const result = isPayable(row) ? row : await open(deps, row, timeoutMs);
    const answer =
      result instanceof ApiError
        ? { status: result.status, body: errorBody(result, requestId) }
        : { status: 200, body: bodyOf(result, deps.settings.stripePublishableKey) };
    return await answerKey(deps.pool, caller, key, answer.status, answer.body);
  } catch (error) {
    // The lease ends by itself too, only later.
    await within(RELEASE_MS, releaseKey(deps.pool, caller, key)).catch(() => {});
    throw error;
  }
}

const isPayable = ({ checkout, url }: CheckoutRow): boolean => checkout.state === "open" && url !== null;

async function open(deps: FinishDeps, row: CheckoutRow, timeoutMs: number): Promise<CheckoutRow | ApiError> {
  const { id, subscriptionId } = row.checkout;
  const reply = await deps.openCheckout(subscriptionId, id, timeoutMs);
  switch (reply.state) {
    case "done":
      return opened(deps, id);
    case "pending":
      throw outcomeUnknown();
    case "refused":
      if (reply.reason === "provider_refused") {
        throw new ApiError(
          502,
          "provider_refused",
          "The payment provider refuses to open this checkout. Operators were told; when it is mended, ask with a new Idempotency-Key.",
          { fields: { checkout_id: id } },
        );
      }
      if (reply.reason === "paid_meanwhile") return paidMeanwhile(deps, row);
      return new ApiError(409, reply.reason, `${reply.what}; ${ASK_ANEW}`, { fields: { checkout_id: id } });
    default:
      return reply satisfies never;
  }
}

/**
 * The customer paid at the provider before we heard of it. What was bought is looked at first, so that the next
 * request knows of it.
 */
async function paidMeanwhile(deps: FinishDeps, { checkout, replaces }: CheckoutRow): Promise<ApiError> {
  const paid = replaces === null ? undefined : await findCheckout(deps.pool, replaces);
  if (paid !== undefined) await realState(deps, paid.checkout.subscriptionId, PAID_WAIT_MS);
  return new ApiError(
    409,
    "paid_meanwhile",
    `The customer has just paid the open checkout${paid === undefined ? "" : ` of ${paid.checkout.tier}`}, which this one was to replace. If ${checkout.tier} is wanted still, ask with a new Idempotency-Key.`,
    { fields: { checkout_id: checkout.id } },
  );
}

/** The page's URL is read here: it never travels through Temporal (R10). */
async function opened(deps: FinishDeps, id: CheckoutId): Promise<CheckoutRow | ApiError> {
  const row = await findCheckout(deps.pool, id);
  if (row === undefined || row.checkout.state === "opening") throw outcomeUnknown();
  const { state } = row.checkout;
  if (row.url !== null && (state === "open" || state === "complete")) return row;
  return new ApiError(409, "checkout_closed", `The checkout is ${state}; ${ASK_ANEW}`, {
    fields: { checkout_id: id },
  });
}

const bodyOf = ({ checkout, url }: CheckoutRow, stripePublishableKey: string | null): object => ({
  status: "ok",
  checkout_url: url,
  checkout_id: checkout.id,
  subscription_id: checkout.subscriptionId,
  expires_at: checkout.expiresAt === null ? null : new Date(checkout.expiresAt).toISOString(),
  trial_days: checkout.offered?.trialDays ?? 0,
  ...(checkout.provider === "stripe" && stripePublishableKey !== null
    ? { publishable_key: stripePublishableKey }
    : {}),
});
