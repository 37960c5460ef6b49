import type { Call, FinishedCall } from "./call.ts";
import type { Checkout } from "./checkout.ts";
import type { Command, Outcome } from "./command.ts";
import { isTerminal } from "./status.ts";
import type { Subscription } from "./subscription.ts";

/** A command is answered, or asks something of the provider first and is answered in a later turn. */
export type Answer =
  | { readonly kind: "outcome"; readonly outcome: Outcome }
  | { readonly kind: "call"; readonly call: Call }
  | { readonly kind: "wait" };

const done = (what: string): Answer => ({ kind: "outcome", outcome: { state: "done", what } });
const refused = (reason: Extract<Outcome, { state: "refused" }>["reason"], what: string): Answer => ({
  kind: "outcome",
  outcome: { state: "refused", reason, what },
});

export function answerCommand(
  command: Command,
  checkout: Checkout | null,
  subscription: Subscription | null,
  finished: FinishedCall | undefined,
): Answer {
  if (finished?.end.state === "refused") return refused(finished.end.reason, finished.end.what);
  switch (command.kind) {
    case "checkout":
      return answerCheckout(command, checkout);
    case "cancel":
      return answerCancel(command, subscription, finished !== undefined);
    case "resync":
      return done(
        subscription === null
          ? "The provider has no subscription yet"
          : `The provider says ${subscription.status}; so do we`,
      );
    case "unpark":
      return done("Parked events are waiting again, and nothing needs attention");
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
      return done("The checkout is open");
    case "expired":
    case "replaced":
    case "refused":
      return refused("checkout_closed", `The checkout is ${checkout.state}`);
  }
}

function answerCancel(command: Command, subscription: Subscription | null, asked: boolean): Answer {
  if (subscription === null) return refused("no_subscription", "There is no subscription to cancel yet");
  if (isTerminal(subscription.status)) {
    return asked
      ? done(`The subscription is ${subscription.status}`)
      : refused("already_ended", `The subscription is ${subscription.status} already`);
  }
  if (asked) return { kind: "wait" };
  const { provider, providerSubscriptionId } = subscription.terms;
  return {
    kind: "call",
    call: {
      key: `${provider}/cancel/${providerSubscriptionId}`,
      commandId: command.id,
      operation: { name: "cancel_subscription", providerSubscriptionId },
    },
  };
}
