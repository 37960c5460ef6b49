import { z } from "zod";
import type { EventSubject, Interest } from "../provider.ts";
import { METADATA_SUBSCRIPTION } from "./metadata.ts";

/** An id, whether Stripe sent it bare or expanded, of whatever API version. */
const Id = z
  .union([z.string().min(1), z.object({ id: z.string().min(1) }).transform((object) => object.id)])
  .nullish();
const OwnId = z.string().min(1);

/** Our own entry only: what others keep in metadata is theirs, whatever it is. */
const Metadata = z.object({ [METADATA_SUBSCRIPTION]: z.string().optional().catch(undefined) }).nullish();
const referenceOf = (metadata: z.infer<typeof Metadata>): string | null =>
  metadata?.[METADATA_SUBSCRIPTION] ?? null;

const SubscriptionObject = z.object({
  id: OwnId,
  customer: Id,
  metadata: Metadata,
  trial_end: z.number().nullish(),
});

const SessionObject = z.object({
  id: OwnId,
  customer: Id,
  subscription: Id,
  metadata: Metadata,
  mode: z.string().nullish(),
});

const LineParent = z.object({ subscription: Id }).nullish();
const Line = z.object({
  parent: z
    .object({ subscription_item_details: LineParent, invoice_item_details: LineParent })
    .partial()
    .nullish(),
  // Before 2025-03-31.basil.
  subscription: Id,
});

const InvoiceObject = z.object({
  id: OwnId,
  customer: Id,
  attempt_count: z.number().int().nullish(),
  parent: z
    .object({ subscription_details: z.object({ subscription: Id, metadata: Metadata }).nullish() })
    .nullish(),
  // Read only where nothing else names the subscription, so odd lines do no harm elsewhere.
  lines: z
    .object({ data: z.array(Line) })
    .nullish()
    .catch(null),
  // Before 2025-03-31.basil.
  subscription: Id,
  subscription_details: z.object({ metadata: Metadata }).nullish(),
});

const InvoicePaymentObject = z.object({
  id: OwnId,
  invoice: Id,
  payment: z.object({ payment_intent: Id, charge: Id }).nullish(),
});

const ChargeObject = z.object({
  id: OwnId,
  customer: Id,
  payment_intent: Id,
  // Before 2025-03-31.basil.
  invoice: Id,
});

/** It is no invoice yet: what stands for its id, if anything, can be asked for nowhere. */
const UpcomingObject = InvoiceObject.extend({ id: OwnId.nullish() });

const RefundObject = z.object({ id: OwnId, charge: Id, payment_intent: Id });

const DisputeObject = z.object({ id: OwnId, charge: Id, payment_intent: Id, status: z.string().nullish() });

const CustomerObject = z.object({ id: OwnId });

const NOTHING: EventSubject = {
  objectId: null,
  reference: null,
  subscriptionId: null,
  sessionId: null,
  customerId: null,
  invoiceId: null,
  paymentId: null,
  chargeId: null,
  refundId: null,
  disputeId: null,
  disputeLost: false,
  trialEnd: null,
  failedAttempt: null,
};

const TRIAL_ENDS = "customer.subscription.trial_will_end";
const CUSTOMER_DELETED = "customer.deleted";

type Reader = (object: unknown, type: string) => Partial<EventSubject> | null;

const subscription: Reader = (object, type) => {
  const { id, customer, metadata, trial_end } = SubscriptionObject.parse(object);
  return {
    objectId: id,
    subscriptionId: id,
    customerId: customer ?? null,
    reference: referenceOf(metadata),
    trialEnd: type === TRIAL_ENDS && typeof trial_end === "number" ? trial_end * 1_000 : null,
  };
};

const session: Reader = (object) => {
  const { id, customer, metadata, mode, ...rest } = SessionObject.parse(object);
  // Old sessions have no mode.
  if (mode !== "subscription" && !rest.subscription) return null;
  return {
    objectId: id,
    sessionId: id,
    customerId: customer ?? null,
    subscriptionId: rest.subscription ?? null,
    reference: referenceOf(metadata),
  };
};

const invoice: Reader = (object, type) => {
  const { id, customer, parent, attempt_count, lines, ...old } = InvoiceObject.parse(object);
  const subscriptionId =
    parent?.subscription_details?.subscription ?? old.subscription ?? subscriptionOfLines(lines?.data ?? []);
  if (subscriptionId === null) return null;
  const metadata = parent?.subscription_details?.metadata ?? old.subscription_details?.metadata;
  return {
    objectId: id,
    invoiceId: id,
    subscriptionId,
    customerId: customer ?? null,
    reference: referenceOf(metadata),
    failedAttempt: type === "invoice.payment_failed" ? Math.max(1, attempt_count ?? 1) : null,
  };
};

const upcoming: Reader = (object, type) => {
  const fields = UpcomingObject.parse(object);
  const subject = invoice({ ...fields, id: "upcoming" }, type);
  return subject && { ...subject, objectId: null, invoiceId: null };
};

/** An invoice made by hand names the subscription that it collects for in its lines only. */
const subscriptionOfLines = (lines: readonly z.infer<typeof Line>[]): string | null =>
  lines
    .map(
      ({ parent, subscription: old }) =>
        parent?.subscription_item_details?.subscription ?? parent?.invoice_item_details?.subscription ?? old,
    )
    .find((id) => typeof id === "string") ?? null;

const invoicePayment: Reader = (object) => {
  const { id, payment, ...rest } = InvoicePaymentObject.parse(object);
  return {
    objectId: id,
    invoiceId: rest.invoice ?? null,
    paymentId: payment?.payment_intent ?? null,
    chargeId: payment?.charge ?? null,
  };
};

const charge: Reader = (object) => {
  const { id, customer, payment_intent, ...old } = ChargeObject.parse(object);
  return {
    objectId: id,
    chargeId: id,
    customerId: customer ?? null,
    paymentId: payment_intent ?? null,
    invoiceId: old.invoice ?? null,
  };
};

const refund: Reader = (object) => {
  const { id, payment_intent, ...rest } = RefundObject.parse(object);
  return { objectId: id, refundId: id, chargeId: rest.charge ?? null, paymentId: payment_intent ?? null };
};

const dispute: Reader = (object, type) => {
  const { id, charge: disputed, payment_intent, status } = DisputeObject.parse(object);
  return {
    objectId: id,
    disputeId: id,
    chargeId: disputed ?? null,
    paymentId: payment_intent ?? null,
    disputeLost: type === "charge.dispute.closed" && status === "lost",
  };
};

/** The events that change what we know, and how to read what each is about. */
const READERS: ReadonlyMap<string, Reader> = new Map(
  Object.entries({
    "checkout.session.completed": session,
    "checkout.session.expired": session,
    "customer.subscription.created": subscription,
    "customer.subscription.updated": subscription,
    "customer.subscription.deleted": subscription,
    "customer.subscription.paused": subscription,
    "customer.subscription.resumed": subscription,
    [TRIAL_ENDS]: subscription,
    "customer.subscription.pending_update_applied": subscription,
    "customer.subscription.pending_update_expired": subscription,
    "invoice.paid": invoice,
    "invoice.payment_succeeded": invoice,
    "invoice.payment_failed": invoice,
    "invoice.payment_action_required": invoice,
    "invoice.upcoming": upcoming,
    "invoice.voided": invoice,
    "invoice.marked_uncollectible": invoice,
    "invoice_payment.paid": invoicePayment,
    "charge.refunded": charge,
    "refund.created": refund,
    "refund.updated": refund,
    "refund.failed": refund,
    "charge.dispute.created": dispute,
    "charge.dispute.updated": dispute,
    "charge.dispute.closed": dispute,
    "charge.dispute.funds_withdrawn": dispute,
    "charge.dispute.funds_reinstated": dispute,
  }),
);

/** The events to subscribe the webhook endpoint to. */
export const STRIPE_EVENTS: readonly string[] = [...READERS.keys(), CUSTOMER_DELETED];

/** Known, and of no use: the look that a later event asks for shows all that they say. */
const IGNORED: ReadonlyMap<string, string> = new Map([
  ["invoice.created", "a draft: nothing is decided before it is collected"],
  ["invoice.finalized", "nothing is decided before it is paid or fails"],
]);

const Payload = z.object({ account: z.string().nullish(), data: z.object({ object: z.unknown() }) });

export function interest(type: string, payload: unknown): Interest {
  const read = READERS.get(type);
  if (read === undefined && type !== CUSTOMER_DELETED) {
    return { kind: "ignore", reason: IGNORED.get(type) ?? `nothing is decided from ${type}` };
  }
  try {
    const { account, data } = Payload.parse(payload);
    if (typeof account === "string") return { kind: "ignore", reason: "of a connected account, not ours" };
    if (read === undefined) return { kind: "customer", customerId: CustomerObject.parse(data.object).id };
    const subject = read(data.object, type);
    return subject === null
      ? { kind: "ignore", reason: "about no subscription" }
      : { kind: "subject", subject: { ...NOTHING, ...subject } };
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const [issue] = error.issues;
    return { kind: "unreadable", why: `cannot read ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}` };
  }
}
