/**
 * Where the sandbox, which speaks 2026-10-28.endive, differs from Stripe's description of 2026-08-26.dahlia.
 * `schema` is the component of the description.
 */
interface KnownDifference {
  readonly schema: string;
  readonly property: string;
  readonly reason: string;
}

/** Fields that the description does not know. */
export const ADDED: readonly KnownDifference[] = [
  {
    schema: "checkout.session",
    property: "allowed_payment_method_types",
    reason:
      "new in endive: it takes the place of the parameter payment_method_types (stripe 23, Checkout/Sessions.d.ts)",
  },
  {
    schema: "payment_intent",
    property: "payment_record",
    reason: "new in endive (stripe 23, PaymentIntents.d.ts)",
  },
  {
    schema: "payment_intent",
    property: "source",
    reason: "sent, though the description leaves out what is deprecated (stripe 23, PaymentIntents.d.ts)",
  },
  {
    schema: "charge",
    property: "source",
    reason: "sent, though the description leaves out what is deprecated (stripe 23, Charges.d.ts)",
  },
  {
    schema: "subscription",
    property: "status_details",
    reason: "new in endive (stripe 23, Subscriptions.d.ts)",
  },
  {
    schema: "dispute",
    property: "intended_submission_method",
    reason: "new in endive (stripe 23, Disputes.d.ts)",
  },
  {
    schema: "product",
    property: "tax_details",
    reason: "new in endive (stripe 23, Products.d.ts)",
  },
  {
    schema: "product",
    property: "type",
    reason: "sent, though the description leaves out what is deprecated (stripe 23, Products.d.ts)",
  },
  {
    schema: "subscription_item",
    property: "current_trial",
    reason: "new in endive (stripe 23, SubscriptionItems.d.ts)",
  },
  {
    schema: "subscription_item",
    property: "plan",
    reason: "sent, though the description leaves out what is deprecated (stripe 23, SubscriptionItems.d.ts)",
  },
];

/** Fields that the description requires and an event of this type leaves out of its object. */
export const LEFT_OUT = [
  {
    event: "invoice.upcoming",
    property: "id",
    reason: "the invoice does not exist yet (stripe 23, Events.d.ts: it will not have an invoice ID)",
  },
] as const;

/** Parameters that the description does not know yet, so stripe-mock refuses them. */
export const NEW_PARAMETERS = [
  {
    call: "POST /v1/checkout/sessions",
    name: "allowed_payment_method_types",
    reason: "new in endive, where payment_method_types went (stripe 23, Checkout/Sessions.d.ts)",
  },
] as const;
