import { StripeError } from "../errors.ts";

/** An answer of the API. */
export interface Reply {
  status: number;
  /** JSON */
  body: string;
  /** it is the first answer to this idempotency key, given again */
  replayed: boolean;
}

export function reply(status: number, body: unknown): Reply {
  return { status, body: JSON.stringify(body, null, 2), replayed: false };
}

/** The error as Stripe tells it. Anything but a StripeError is a bug of the sandbox. */
export function errorReply(error: unknown, request: string): Reply {
  if (!(error instanceof StripeError)) throw error;
  const log = { request_log_url: `https://dashboard.stripe.com/test/logs/${request}` };
  return reply(error.status, { error: { ...error.body, ...log } });
}
