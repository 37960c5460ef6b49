import type { StripeObject } from "../world.ts";

/** A list inside an object, complete. */
export function listOf(url: string, data: unknown[]): StripeObject {
  return { object: "list", data, has_more: false, url };
}

export const emptyAddress = {
  city: null,
  country: null,
  line1: null,
  line2: null,
  postal_code: null,
  state: null,
};
