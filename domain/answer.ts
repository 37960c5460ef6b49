import type { Call, FinishedCall } from "./call.ts";
import { isOrdered } from "./call.ts";
import type { Catalog } from "./catalog.ts";
import type { Checkout } from "./checkout.ts";
import type { Command, Order, Outcome, Refusal } from "./command.ts";
import { forbidden } from "./command.ts";
import { dayInWords } from "./day.ts";
import type { ObservedInvoice } from "./observation.ts";
import { isSo, operationOf, soInWords } from "./order.ts";
import type { Subscription } from "./subscription.ts";

/** A command is answered, or asks something of the provider first and is answered in a later turn. */
export type Answer =
  | { readonly kind: "outcome"; readonly outcome: Outcome }
  | { readonly kind: "call"; readonly call: Call }
  | { readonly kind: "wait" };

const done = (what: string): Answer => ({ kind: "outcome", outcome: { state: "done", what } });
const refused = (reason: Refusal, what: string): Answer => ({
  kind: "outcome",
  outcome: { state: "refused", reason, what },
});

/** What a command is answered from. */
export interface Known {
  readonly checkout: Checkout | null;
  readonly subscription: Subscription | null;
  readonly invoices: readonly ObservedInvoice[];
  readonly catalog: Catalog;
  /** The end of the provider call that serves the command. */
  readonly finished: FinishedCall | undefined;
  /** Its call is decided and not carried out yet. */
  readonly isPending: boolean;
  /** An earlier command is still at the provider: one at a time, so that each is judged by what came of it. */
  readonly isBehind: boolean;
  /** Why the look said nothing new of the subscription, or null: it did. */
  readonly unread: string | null;
}

export function answerCommand(command: Command, known: Known): Answer {
  const { checkout, subscription, finished } = known;
  switch (command.kind) {
    case "checkout":
      return finished?.end.state === "refused"
        ? refused(finished.end.reason, finished.end.what)
        : answerCheckout(command, checkout);
    case "resync":
      return done(known.unread ?? `The provider says ${subscription?.status ?? "nothing"}; so do we`);
    case "unpark":
      return done("Parked events are waiting again, and nothing needs attention");
    case "extend_grace":
      return answerExtension(known);
    case "cancel":
    case "cancel_at_period_end":
    case "uncancel":
    case "pause":
    case "resume":
    case "retry_payment":
    case "change":
      return answerOrder(command, command.kind, known);
    default:
      return command.kind satisfies never;
  }
}

function answerCheckout(command: Command, checkout: Checkout | null): Answer {
  switch (checkout?.state) {
    case undefined:
      return refused("checkout_closed", "There is no such checkout");
    case "opening":
      return {
        kind: "call",
        call: {
          key: `${checkout.provider}/checkout/${checkout.id}`,
          commandId: command.id,
          operation: { name: "open_checkout", checkoutId: checkout.id },
        },
      };
    case "open":
    case "complete":
      return done(`The checkout is ${checkout.state}`);
    case "expired":
    case "replaced":
    case "refused":
      return refused("checkout_closed", `The checkout is ${checkout.state}`);
  }
}

/** The days themselves are read with the subscription: see `readSubscription`. */
function answerExtension({ subscription, unread }: Known): Answer {
  const no = forbidden("extend_grace", subscription);
  if (no !== null) return refused(no.reason, no.what);
  if (unread !== null || subscription === null || !("graceUntil" in subscription)) {
    return refused("not_allowed", unread ?? "Nothing is overdue");
  }
  return done(`Its access ends on ${dayInWords(subscription.graceUntil)}, unless it is paid before`);
}

function answerOrder(command: Command, order: Order, known: Known): Answer {
  const { subscription, finished, invoices } = known;
  if (finished !== undefined) return judge(finished, known);
  // What is asked of the provider already is judged by what comes of it: see `revoked`.
  if (known.isPending || known.isBehind) return { kind: "wait" };
  const no = forbidden(order, subscription);
  if (no !== null || subscription === null) {
    return refused(no?.reason ?? "no_subscription", no?.what ?? "There is no subscription yet");
  }
  const operation = operationOf(order, subscription, invoices, command.parameters ?? {}, known.catalog);
  if ("refused" in operation) return refused(operation.refused, operation.what);
  if (isSo(operation, subscription, invoices)) return done(soInWords(operation, subscription));
  const { provider, providerSubscriptionId } = subscription.terms;
  return {
    kind: "call",
    call: {
      // The command is part of it: asked again after a refusal, it is another attempt and not the old answer.
      key: `${provider}/${order}/${providerSubscriptionId}/${command.id}`,
      commandId: command.id,
      operation,
    },
  };
}

/** What came of a call is judged by the provider's truth, seen after it. */
function judge({ operation, end }: FinishedCall, { subscription, invoices }: Known): Answer {
  if (subscription === null || !isOrdered(operation)) return { kind: "wait" };
  // Also when the provider refused, because it had just become so: what was asked for is so.
  if (isSo(operation, subscription, invoices)) return done(soInWords(operation, subscription));
  if (end.state === "refused") return refused(end.reason, end.what);
  // An end shows sooner or later. Of the others nobody can wait: somebody may have changed them back meanwhile.
  return operation.name === "cancel_subscription"
    ? { kind: "wait" }
    : done("The provider has done it, and has changed again since");
}
