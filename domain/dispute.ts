import type { Alert } from "./alert.ts";
import type { SubscriptionId } from "./ids.ts";
import { formatMoney } from "./money.ts";
import type { Observation, ObservedDispute } from "./observation.ts";
import type { Instant } from "./time.ts";

/**
 * inquiry: the bank asks and takes nothing yet. open and lost: it has taken the money. won: it has given the money
 * back, be it after it was lost. closed: over without a decision, and without the money.
 */
export type DisputeStatus = "inquiry" | "open" | "lost" | "won" | "closed";

/** What the bank has of the disputed amount now, in minor units. */
export function takenBy({ status, disputed }: ObservedDispute): number {
  switch (status) {
    case "open":
    case "lost":
      return disputed.amount;
    case "inquiry":
    case "won":
    case "closed":
      return 0;
    default:
      return status satisfies never;
  }
}

/**
 * Opened, lost, won: each once. A loss that was appealed and won is told of by its event alone, so it counts like one
 * that was seen, and is over (R4).
 */
export function disputeAlerts(
  id: SubscriptionId,
  dispute: ObservedDispute,
  { events }: Observation,
  announced: readonly string[],
  now: Instant,
): readonly Alert[] {
  const { status, disputed } = dispute;
  const over = formatMoney(disputed);
  const fields = { subscription: id, dispute: dispute.id, payment: dispute.paymentId, ...disputed };
  const opened: Alert = {
    key: `dispute_opened:${dispute.id}`,
    kind: "dispute_opened",
    text:
      status === "inquiry"
        ? `The customer's bank asks about a payment of ${over}`
        : `The customer's bank disputes ${over} and has taken it back`,
    fields: { ...fields, answer_by: dispute.answerBy },
    superseded: status !== "inquiry" && status !== "open",
    at: now,
  };
  const lost: Alert = {
    key: `dispute_lost:${dispute.id}`,
    kind: "dispute_lost",
    text: `The dispute over ${over} is lost`,
    fields,
    superseded: status !== "lost",
    at: now,
  };
  const won: Alert = {
    key: `dispute_won:${dispute.id}`,
    kind: "dispute_won",
    text: `The dispute over ${over} is won: the money is back`,
    fields,
    // Nobody was told that it was gone: that it is back would only puzzle.
    superseded: !announced.includes(opened.key) && !announced.includes(lost.key),
    at: now,
  };
  const wasLost = status === "lost" || events.some((event) => event.lostDispute === dispute.id);
  return [opened, ...(wasLost ? [lost] : []), ...(status === "won" ? [won] : [])];
}
