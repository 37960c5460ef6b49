import type { Interval } from "./catalog.ts";
import type { Status } from "./status.ts";
import { isTerminal } from "./status.ts";
import type { Subscription } from "./subscription.ts";

/** What people and our own API can ask of a subscription. */
export const SUBSCRIPTION_COMMANDS = [
  "cancel",
  "cancel_at_period_end",
  "uncancel",
  "pause",
  "resume",
  "retry_payment",
  "change",
  "extend_grace",
  "resync",
  "unpark",
] as const;
export type SubscriptionCommand = (typeof SUBSCRIPTION_COMMANDS)[number];

/** Those that ask something of the provider. */
export type Order = Exclude<SubscriptionCommand, "extend_grace" | "resync" | "unpark">;

export type CommandKind = "checkout" | SubscriptionCommand;

/** What `change` asks for: another tier, interval or quantity, or several of them. */
export interface Change {
  readonly tier?: string;
  readonly interval?: Interval;
  readonly quantity?: number;
  /** When it begins; now, if not said. */
  readonly at?: "now" | "period_end";
}

/** What comes with a command: of `change` its terms, of `extend_grace` the days. */
export interface Parameters extends Change {
  readonly days?: number;
}

export interface Command {
  readonly id: string;
  readonly kind: CommandKind;
  /** Who asked: `api`, or an operator's own name. */
  readonly askedBy: string;
  readonly why: string | null;
  readonly parameters?: Parameters;
}

/** The one answer to a command, stored by its id and given again on repetition. A refusal is an answer, not an error. */
export type Outcome =
  | { readonly state: "done"; readonly what: string }
  | { readonly state: "refused"; readonly reason: Refusal; readonly what: string };

export type Refusal =
  | "already_ended"
  | "not_allowed"
  | "nothing_due"
  | "unknown_tier"
  | "payment_failed"
  | "no_subscription"
  | "checkout_closed"
  | "paid_meanwhile"
  | "not_needed"
  | "provider_refused";

/**
 * The one table of which order is allowed in which status. Besides, `uncancel` needs an end that is arranged, and
 * `cancel_at_period_end` that none is arranged for later than the period's: that one is taken back first.
 */
const ALLOWED: Readonly<Record<Status, readonly (Order | "extend_grace")[]>> = {
  incomplete: ["cancel", "retry_payment"],
  trialing: ["cancel", "cancel_at_period_end", "uncancel", "change"],
  active: ["cancel", "cancel_at_period_end", "uncancel", "pause", "change"],
  past_due: ["cancel", "cancel_at_period_end", "uncancel", "retry_payment", "extend_grace"],
  unpaid: ["cancel", "cancel_at_period_end", "uncancel", "retry_payment", "extend_grace"],
  paused: ["cancel", "cancel_at_period_end", "uncancel", "resume"],
  canceled: [],
  incomplete_expired: [],
};

/** What can be asked of it now. To look again, and to try parked events again, can always be asked. */
export function allowedCommands(subscription: Subscription | null): readonly SubscriptionCommand[] {
  const orders = subscription === null ? [] : ALLOWED[subscription.status];
  const cancelAt = subscription !== null && "cancelAt" in subscription ? subscription.cancelAt : null;
  const isLater = subscription !== null && cancelAt !== null && cancelAt > subscription.period.end;
  return [
    ...orders.filter(
      (order) =>
        (order !== "uncancel" || cancelAt !== null) && (order !== "cancel_at_period_end" || !isLater),
    ),
    "resync",
    "unpark",
  ];
}

/** Why an order cannot be given now, or null: it can. */
export function forbidden(
  order: Order | "extend_grace",
  subscription: Subscription | null,
): { readonly reason: Refusal; readonly what: string } | null {
  if (subscription === null) {
    return { reason: "no_subscription", what: `There is no subscription to ${inWords(order)} yet` };
  }
  const { status } = subscription;
  if (isTerminal(status)) {
    return { reason: "already_ended", what: `The subscription is ${status} already` };
  }
  const allowed = allowedCommands(subscription);
  if (allowed.includes(order)) return null;
  const state = order === "uncancel" ? `${status}, and no end is arranged` : status;
  return {
    reason: "not_allowed",
    what: `The subscription is ${state}; what can be asked now: ${allowed.map(inWords).join(", ")}`,
  };
}

/** `cancel_at_period_end` for people: cancel at period end. */
export const inWords = (kind: CommandKind): string => kind.replaceAll("_", " ");
