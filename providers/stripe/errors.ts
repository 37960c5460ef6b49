import { Stripe } from "stripe";
import { ProviderError } from "../provider.ts";

/** Says in our words what Stripe's error means for what to do next. */
export function toProviderError(error: unknown): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error;
  const details = {
    cause: error,
    code: error.code ?? null,
    replayed: error.headers?.["idempotent-replayed"] === "true",
  };
  const message = `Stripe: ${error.message}`;
  if (
    error instanceof Stripe.errors.StripeAuthenticationError ||
    error instanceof Stripe.errors.StripePermissionError ||
    isMissingPrice(error)
  ) {
    return new ProviderError("stripe", "misconfigured", message, details);
  }
  if (error.statusCode === 404) return new ProviderError("stripe", "not_found", message, details);
  if (
    error instanceof Stripe.errors.StripeCardError ||
    error instanceof Stripe.errors.StripeIdempotencyError ||
    (error instanceof Stripe.errors.StripeInvalidRequestError && error.statusCode !== 409)
  ) {
    return new ProviderError("stripe", "refused", message, details);
  }
  // Connection errors, time-outs, 409, 429, 5xx and replies that are not JSON: it may have been done.
  return new ProviderError("stripe", "unavailable", message, details);
}

const isMissingPrice = (error: InstanceType<typeof Stripe.errors.StripeError>): boolean =>
  error.code === "resource_missing" && (error.param ?? "").includes("price");

/** Runs a request to Stripe; its errors come out as ours. */
export async function asking<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw toProviderError(error);
  }
}

/** The same, with "there is no such object" as null. */
export async function askingFor<T>(request: () => Promise<T>): Promise<T | null> {
  try {
    return await asking(request);
  } catch (error) {
    if (error instanceof ProviderError && error.kind === "not_found") return null;
    throw error;
  }
}
