interface Details {
  readonly headers?: Readonly<Record<string, string>>;
  /** More fields of the body, such as `reason`. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An answer that says no: a status, a name for machines, and words for people. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly error: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, unknown>>;
  constructor(status: number, error: string, message: string, details: Details = {}) {
    super(message, { cause: details.cause });
    this.status = status;
    this.error = error;
    this.headers = details.headers ?? {};
    this.fields = details.fields ?? {};
  }
}

/** The one form of every error that the API answers. */
export const errorBody = (error: ApiError, requestId: string): Readonly<Record<string, unknown>> => ({
  ...error.fields,
  status: "error",
  code: error.status,
  error: error.error,
  message: error.message,
  request_id: requestId,
});

/** We do not know what came of it. Never stored as an answer. */
export const outcomeUnknown = (cause?: unknown): ApiError =>
  new ApiError(
    503,
    "outcome_unknown",
    "It is not known whether this was done. Repeat the request unchanged, with the same Idempotency-Key: it is done once.",
    { headers: { "Retry-After": "2" }, cause },
  );

export const databaseUnavailable = (cause?: unknown): ApiError =>
  new ApiError(503, "database_unavailable", "The database does not answer. Repeat the request.", {
    headers: { "Retry-After": "2" },
    cause,
  });
