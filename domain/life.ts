import type { FinishedCall } from "./call.ts";
import type { Catalog } from "./catalog.ts";
import type { Checkout } from "./checkout.ts";
import type { Command } from "./command.ts";
import type { SubscriptionId } from "./ids.ts";
import type { Held } from "./live-subscription.ts";
import type { Observation } from "./observation.ts";
import type { Payment } from "./payment.ts";
import type { Subscription } from "./subscription.ts";
import type { Instant } from "./time.ts";

/** All that we know of one subscription before a turn. */
export interface Life {
  readonly id: SubscriptionId;
  /** Null: not bought through us; adopted from the provider (R14). */
  readonly checkout: Checkout | null;
  /** Null until the provider has one. */
  readonly subscription: Subscription | null;
  readonly payments: readonly Payment[];
  /** Keys of the alerts that people were told of. */
  readonly announced: readonly string[];
  /** The customer's other subscriptions (R9). Absent in a turn that was stored before they were looked at. */
  readonly siblings?: readonly Held[];
  /** It is being ended as a duplicate of one of them. Absent: it is not. */
  readonly isEnding?: boolean;
  /** When a subscription that was not bought through us became known, or null: bought here, or not known yet. */
  readonly adoptedAt?: Instant | null;
  /** Why an operator has to look at it, or null. */
  readonly needsAttention: string | null;
}

/** Everything a decision is made of, and nothing else: stored with it, so that it can be made again. */
export interface Turn {
  readonly life: Life;
  readonly observation: Observation;
  readonly commands: readonly Command[];
  readonly calls: readonly FinishedCall[];
  /** Commands whose call is decided and not carried out yet. Absent in a turn that was stored before they were looked at. */
  readonly pending?: readonly string[];
  readonly catalog: Catalog;
  readonly now: Instant;
}
