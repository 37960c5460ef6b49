/** The types of error that Stripe's API names. */
type ErrorType = "api_error" | "card_error" | "idempotency_error" | "invalid_request_error";

/** An answer of Stripe's API that is not a success. */
export class StripeError extends Error {
  override readonly name = "StripeError";
  readonly status: number;
  readonly body: Record<string, unknown>;
  /** What was done before it is kept: a charge that was declined did happen. */
  stands = false;

  constructor(status: number, type: ErrorType, message: string, more: Record<string, unknown> = {}) {
    super(message);
    this.status = status;
    this.body = { type, message, ...more };
    const code = more["code"];
    if (typeof code === "string")
      this.body["doc_url"] = `https://stripe.com/docs/error-codes/${code.replaceAll("_", "-")}`;
  }
}

/** The same error, told after something that is not undone. */
export function standing(error: StripeError): StripeError {
  error.stands = true;
  return error;
}

/** 400: the request cannot be carried out as it stands. */
export function invalid(message: string, more: { param?: string; code?: string } = {}): StripeError {
  return new StripeError(400, "invalid_request_error", message, more);
}

/** 404 `resource_missing`. `param` is `id` for the object in the path, else the parameter that named it. */
export function missing(kind: string, id: string, param = "id"): StripeError {
  return new StripeError(404, "invalid_request_error", `No such ${kind}: '${id}'`, {
    code: "resource_missing",
    param,
  });
}

/** The record of this id, which may be anything that a stranger typed. */
export function lookUp<T>(records: Record<string, T>, id: string): T | undefined {
  return Object.hasOwn(records, id) ? records[id] : undefined;
}

/** The record, or Stripe's 404 (400 when it was named by a parameter, as Stripe does). */
export function find<T>(records: Record<string, T>, id: string, kind: string, param?: string): T {
  const found = lookUp(records, id);
  if (found !== undefined) return found;
  if (param === undefined) throw missing(kind, id);
  throw new StripeError(400, "invalid_request_error", `No such ${kind}: '${id}'`, {
    code: "resource_missing",
    param,
  });
}
