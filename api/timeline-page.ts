import type { ShownEntry } from "../store/timeline.ts";
import { ApiError } from "./api-error.ts";
import { entryAnswer } from "./life-answer.ts";

const USUAL = 50;
const MOST = 200;

/** How many entries were asked for. @throws ApiError 400 */
export function limitOf(query: URLSearchParams, most = MOST): number {
  const limit = query.get("limit") ?? `${USUAL}`;
  if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > most) {
    throw wrong(`limit: expected a number from 1 to ${most}`);
  }
  return Number(limit);
}

export const wrong = (message: string): ApiError => new ApiError(400, "invalid_request", message);

/** A page of a timeline. It was asked for one entry more than is shown, so that it knows whether there are more. */
export function timelinePage(
  entries: readonly ShownEntry[],
  limit: number,
  after: (last: ShownEntry) => string | number,
): object {
  const shown = entries.slice(0, limit);
  const last = shown.at(-1);
  return {
    status: "ok",
    entries: shown.map(entryAnswer),
    next_after: entries.length > limit && last !== undefined ? after(last) : null,
  };
}
