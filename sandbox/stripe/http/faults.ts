import type { ErrorKnob } from "../../knobs.ts";
import { StripeError } from "../errors.ts";
import { refused } from "./authorise.ts";

/** How long a connection is held when the knob does not say, ms. */
const heldMs = 30_000;
/** How long a slow answer takes when the knob does not say, ms. */
const slowMs = 3_000;

/** What an error knob does to one request. */
export interface Fault {
  /** answered before the request is even looked at */
  refusal?: StripeError;
  /** answered instead of doing the work, and kept for the idempotency key */
  failure?: StripeError;
  /** the work is done, and then this is answered */
  afterwards?: StripeError;
  /** ms before the work begins */
  wait?: number;
  /** the caller hears nothing: instead of the work, or after it */
  silence?: { when: "before" | "after"; ms: number };
}

const broken = (): StripeError => new StripeError(500, "api_error", "An unknown error occurred");
const declined = (): StripeError =>
  new StripeError(402, "card_error", "Your card was declined.", {
    code: "card_declined",
    decline_code: "generic_decline",
  });

/** Puts a knob into effect. A silence of 0 ms is a reset connection. */
export function faultOf(knob: ErrorKnob | undefined): Fault {
  if (knob === undefined) return {};
  switch (knob.kind) {
    case "500":
      return knob.stored === true ? { failure: broken() } : { refusal: broken() };
    case "500_after":
      return { afterwards: broken() };
    case "503":
      return {
        refusal: new StripeError(
          503,
          "api_error",
          "Stripe is temporarily unavailable. Please try again later.",
        ),
      };
    case "429":
      return {
        refusal: new StripeError(
          429,
          "invalid_request_error",
          "Request rate limit exceeded. You can learn more about rate limits here https://stripe.com/docs/rate-limits.",
          { code: "rate_limit" },
        ),
      };
    case "401":
      return { refusal: refused("Invalid API Key provided: sk_test_********") };
    case "402":
    case "card_declined":
      return { failure: declined() };
    case "slow":
      return { wait: knob.delay_ms ?? slowMs };
    case "timeout_before":
      return { silence: { when: "before", ms: knob.delay_ms ?? heldMs } };
    case "timeout_after":
      return { silence: { when: "after", ms: knob.delay_ms ?? heldMs } };
    case "reset_before":
      return { silence: { when: "before", ms: 0 } };
    case "reset_after":
      return { silence: { when: "after", ms: 0 } };
    default:
      return knob.kind satisfies never;
  }
}
