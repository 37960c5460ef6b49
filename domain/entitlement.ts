import type { Catalog, Tier } from "./catalog.ts";
import { rank } from "./catalog.ts";

/** What the answer to "may this customer …?" is made of. */
export interface Standing {
  readonly blocked: boolean;
  readonly blockedReason: string | null;
  /** The tier that the live subscription gives, or null: none is paid for. */
  readonly liveTier: string | null;
}

export type Entitled =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      readonly reason: "tier_already_held" | "higher_tier_held" | "customer_blocked";
      readonly message: string;
      /** What the caller can do instead. */
      readonly instead: string;
    };

/** May this customer start a checkout for the tier? */
export function checkEntitlement(
  _what: "checkout",
  wanted: Tier,
  standing: Standing,
  catalog: Catalog,
): Entitled {
  if (standing.blocked) {
    return {
      allowed: false,
      reason: "customer_blocked",
      message: standing.blockedReason ?? "An operator has blocked this customer from buying",
      instead: "Ask support to lift the block",
    };
  }
  if (standing.liveTier === null) return { allowed: true };
  const held = rank(catalog, standing.liveTier);
  if (held === rank(catalog, wanted.name)) {
    return {
      allowed: false,
      reason: "tier_already_held",
      message: `The customer has ${wanted.name} already`,
      instead: "Nothing needs to be bought; a higher tier can be",
    };
  }
  if (held > rank(catalog, wanted.name)) {
    return {
      allowed: false,
      reason: "higher_tier_held",
      message: `The customer has ${standing.liveTier}, which includes ${wanted.name}`,
      instead: `Cancel ${standing.liveTier} first, then buy ${wanted.name}`,
    };
  }
  return { allowed: true };
}
