import { STATUS_CODES } from "node:http";
import type { Context, Middleware } from "koa";
import type { Logger } from "pino";
import { TemporalAway } from "../../temporal/gateway.ts";
import { ApiError, databaseUnavailable, errorBody, outcomeUnknown } from "../api-error.ts";
import { isDatabaseAway } from "../database-away.ts";
import { describeError } from "../describe-error.ts";
import { html } from "../pages/html.ts";
import { prefersPage, sendPage } from "../pages/page.ts";
import { TookTooLong } from "../within.ts";
import { requestIdOf } from "./request-log.ts";

/** The one place where an error becomes an answer. */
export function errors(log: Logger): Middleware {
  return async (ctx, next) => {
    let error: ApiError;
    try {
      await next();
      const missing = notAnswered(ctx.status, ctx.body);
      if (missing === undefined) return;
      error = missing;
    } catch (thrown) {
      error = toApiError(thrown);
      if (error.status >= 500 && error.cause !== undefined) {
        const level = error.status === 500 ? "error" : "warn";
        log[level](
          { request_id: requestIdOf(ctx), answer: error.error, error: describeError(error.cause) },
          "request failed",
        );
      }
    }
    ctx.status = error.status;
    ctx.set(error.headers);
    sendError(ctx, error, requestIdOf(ctx));
  };
}

/** As JSON, or as a page where a browser sent an address or a form. */
function sendError(ctx: Context, error: ApiError, requestId: string): void {
  const isOfBrowser = ctx.method === "GET" || ctx.is("urlencoded") === "urlencoded";
  if (isOfBrowser) ctx.vary("Accept");
  if (!isOfBrowser || !prefersPage(ctx)) {
    ctx.body = errorBody(error, requestId);
    return;
  }
  const content = html`<p>${error.message}</p><p class="quiet">Request ${requestId}</p>`;
  sendPage(ctx, STATUS_CODES[error.status] ?? "Error", content);
}

/** Says what an error is to the caller. What we did not foresee tells nothing of itself. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof TemporalAway || error instanceof TookTooLong) return outcomeUnknown(error);
  if (isDatabaseAway(error)) return databaseUnavailable(error);
  return (
    ofBodyParser(error) ??
    new ApiError(
      500,
      "internal_error",
      "Something went wrong on our side; the request id finds it in our log",
      {
        cause: error,
      },
    )
  );
}

/** Errors of the body parser carry the status that they should have. */
function ofBodyParser(error: unknown): ApiError | undefined {
  if (!(error instanceof Error && "status" in error)) return undefined;
  switch (error.status) {
    case 400:
      return new ApiError(400, "invalid_body", "The body cannot be read");
    case 413:
      return new ApiError(413, "body_too_large", "The body is too large");
    case 415:
      return new ApiError(
        415,
        "unsupported_media_type",
        "The body has a type or encoding that is not read here",
      );
    default:
      return undefined;
  }
}

function notAnswered(status: number, body: unknown): ApiError | undefined {
  if (body !== undefined && body !== null) return undefined;
  switch (status) {
    case 404:
      return new ApiError(404, "not_found", "There is nothing here");
    case 405:
      return new ApiError(
        405,
        "method_not_allowed",
        "This method is not answered here; the Allow header says which are",
      );
    case 501:
      return new ApiError(501, "method_not_implemented", "This method is answered nowhere here");
    default:
      return undefined;
  }
}
