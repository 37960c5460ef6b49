import type { CheckoutId } from "../../domain/ids.ts";
import type { CheckoutRow } from "../../store/checkouts.ts";
import { findCheckout } from "../../store/checkouts.ts";
import { answerKey, releaseKey } from "../../store/idempotency.ts";
import { ApiError, errorBody, outcomeUnknown } from "../api-error.ts";
import type { AppDeps } from "../deps.ts";
import { within } from "../within.ts";
import type { Answer, Attempt } from "./begin.ts";

type Deps = Pick<AppDeps, "pool" | "gateway" | "settings">;

/** How long giving the key back may take when everything else has failed already. */
const RELEASE_MS = 400;

/**
 * Has the provider's page opened by the subscription's workflow and stores the final answer under the key.
 * Whatever else comes of it gives the key back, so that it can be repeated at once.
 * @throws ApiError 5xx, which is never stored
 */
export async function finishCheckout(
  deps: Deps,
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
    await answerKey(deps.pool, caller, key, answer.status, answer.body);
    return answer;
  } catch (error) {
    // The lease ends by itself too, only later.
    await within(RELEASE_MS, releaseKey(deps.pool, caller, key)).catch(() => {});
    throw error;
  }
}

const isPayable = ({ checkout, url }: CheckoutRow): boolean => checkout.state === "open" && url !== null;

async function open(deps: Deps, row: CheckoutRow, timeoutMs: number): Promise<CheckoutRow | ApiError> {
  const { id, subscriptionId } = row.checkout;
  const reply = await deps.gateway.openCheckout(subscriptionId, id, timeoutMs);
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
      return new ApiError(409, reply.reason, reply.what, { fields: { checkout_id: id } });
    default:
      return reply satisfies never;
  }
}

/** The page's URL is read here: it never travels through Temporal (R10). */
async function opened(deps: Deps, id: CheckoutId): Promise<CheckoutRow | ApiError> {
  const row = await findCheckout(deps.pool, id);
  if (row === undefined || row.checkout.state === "opening") throw outcomeUnknown();
  const { state } = row.checkout;
  if (row.url !== null && (state === "open" || state === "complete")) return row;
  return new ApiError(
    409,
    "checkout_closed",
    `The checkout is ${state}; ask for a new one with a new Idempotency-Key`,
    {
      fields: { checkout_id: id },
    },
  );
}

const bodyOf = ({ checkout, url }: CheckoutRow, stripePublishableKey: string | null): object => ({
  status: "ok",
  checkout_url: url,
  checkout_id: checkout.id,
  subscription_id: checkout.subscriptionId,
  expires_at: checkout.expiresAt === null ? null : new Date(checkout.expiresAt).toISOString(),
  ...(checkout.provider === "stripe" && stripePublishableKey !== null
    ? { publishable_key: stripePublishableKey }
    : {}),
});
