import { ApiError } from "./api-error.ts";

export const unknownSubscription = (): ApiError =>
  new ApiError(404, "unknown_subscription", "There is no such subscription, and no checkout for one");
