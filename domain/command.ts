/** What people and our own API can ask of one subscription. */
export type CommandKind = "checkout" | "cancel" | "resync" | "unpark";

export interface Command {
  readonly id: string;
  readonly kind: CommandKind;
  /** Who asked: `api`, or an operator's own name. */
  readonly askedBy: string;
  readonly why: string | null;
}

/** The one answer to a command, stored by its id and given again on repetition. A refusal is an answer, not an error. */
export type Outcome =
  | { readonly state: "done"; readonly what: string }
  | { readonly state: "refused"; readonly reason: Refusal; readonly what: string };

type Refusal =
  | "already_ended"
  | "no_subscription"
  | "unknown_subscription"
  | "checkout_closed"
  | "paid_meanwhile"
  | "provider_refused";
