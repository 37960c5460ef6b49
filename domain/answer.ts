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

/** What a command is answered from. */
export interface Known {
  readonly checkout: Checkout | null;
  readonly subscription: Subscription | null;
  /** The end of the provider call that serves the command. */
  readonly finished: FinishedCall | undefined;
  /** An earlier command asks the provider for the same already. */
  readonly askedByAnother: boolean;
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
    case "cancel":
      return answerCancel(command, known);
    case "resync":
      return done(known.unread ?? `The provider says ${subscription?.status ?? "nothing"}; so do we`);
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
      return done(`The checkout is ${checkout.state}`);
    case "expired":
    case "replaced":
    case "refused":
      return refused("checkout_closed", `The checkout is ${checkout.state}`);
  }
}

function answerCancel(command: Command, { subscription, finished, askedByAnother }: Known): Answer {
  if (subscription === null) return refused("no_subscription", "There is no subscription to cancel yet");
  if (isTerminal(subscription.status)) {
    // Also when the provider refused to end it, because it had just ended: what was asked for is so.
    return finished === undefined
      ? refused("already_ended", `The subscription is ${subscription.status} already`)
      : done(`The subscription is ${subscription.status}`);
  }
  if (finished?.end.state === "refused") return refused(finished.end.reason, finished.end.what);
  if (finished !== undefined || askedByAnother) return { kind: "wait" };
  const { provider, providerSubscriptionId } = subscription.terms;
  return {
    kind: "call",
    call: {
      // The command is part of it: asked again after a refusal, it is another attempt and not the old answer.
      key: `${provider}/cancel/${providerSubscriptionId}/${command.id}`,
      commandId: command.id,
      operation: { name: "cancel_subscription", providerSubscriptionId },
    },
  };
}
