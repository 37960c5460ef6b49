import { Stripe } from "stripe";
import type { ProviderErrorKind } from "../provider.ts";
import { ProviderError } from "../provider.ts";

type StripeError = InstanceType<typeof Stripe.errors.StripeError>;

/**
 * Says in our words what went wrong at Stripe, and what that means for what to do next. Stripe's own error is left
 * behind: it holds the whole reply (R10).
 */
export function toProviderError(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  if (!(error instanceof Stripe.errors.StripeError)) {
    // The SDK trips over an answer that is JSON but not Stripe's. What was asked may have been done.
    return new ProviderError("stripe", "unavailable", "Stripe: an answer that cannot be read", {
      cause: error,
      code: "unreadable_answer",
    });
  }
  return new ProviderError("stripe", kindOf(error), `Stripe: ${describe(error)}`, {
    code: codeOf(error),
    replayed: error.headers?.["idempotent-replayed"] === "true",
    isAboutPrice: isAboutPrice(error),
  });
}

function kindOf(error: StripeError): ProviderErrorKind {
  const { errors } = Stripe;
  if (
    error instanceof errors.StripeAuthenticationError ||
    error instanceof errors.StripePermissionError ||
    isOurSetup(error)
  ) {
    return "misconfigured";
  }
  // 404 for an object in the path, 400 for one in a parameter.
  if (error.code === "resource_missing") return "not_found";
  // No object is missing but the address: this is no proof that anything is absent.
  if (error.statusCode === 404) return "misconfigured";
  if (error instanceof errors.StripeCardError) return "declined";
  if (error instanceof errors.StripeIdempotencyError || error instanceof errors.StripeInvalidRequestError) {
    return "refused";
  }
  // Connection errors, time-outs, 409, 429, 5xx and answers that are not JSON: it may have been done.
  return "unavailable";
}

/** Codes that are about the key or the account, and so about every request (docs.stripe.com/error-codes). */
const SETUP_CODES = new Set(
  "account_invalid api_key_expired livemode_mismatch secret_key_required testmode_charges_only".split(" "),
);

const isAboutPrice = (error: StripeError): boolean =>
  error instanceof Stripe.errors.StripeInvalidRequestError && /\bprice\b/.test(error.param ?? "");

/** A price of our catalog that Stripe has not or no longer sells, or a key of the other mode. */
const isOurSetup = (error: StripeError): boolean =>
  SETUP_CODES.has(error.code ?? "") ||
  isAboutPrice(error) ||
  /a similar object exists in (test|live) mode/.test(error.message);

/** Stripe's machine name of the error, else the network's, else the HTTP status. It goes where no text may go (R10). */
function codeOf({ code, detail, statusCode }: StripeError): string {
  if (code !== undefined && /^\w{1,60}$/.test(code)) return code;
  if (typeof detail === "object" && "code" in detail && typeof detail.code === "string") return detail.code;
  return statusCode === undefined ? "unreadable_answer" : `http_${statusCode}`;
}

/** What Stripe says may quote what we sent, such as an e-mail address, a key or a client secret. */
const QUOTED = /\S*@\S*|\S*\b(?:sk|rk|whsec)_\S*|\S*_secret_\S*|\d(?:[ -]?\d){12,}/g;

function describe(error: StripeError): string {
  const { message, param, requestId } = error;
  const text = typeof message === "string" ? message.replace(QUOTED, "[left out]") : "no words";
  const told = param === "email" ? "the e-mail address is not accepted" : text;
  return `${told} (${[codeOf(error), param, requestId].filter((part) => part !== undefined).join(", ")})`;
}
