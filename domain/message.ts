import type { Alert, CustomerAlertKind } from "./alert.ts";
import { CUSTOMER_ALERT_KINDS } from "./alert.ts";
import { dayInWords } from "./day.ts";
import type { SubscriptionId } from "./ids.ts";
import { formatMoney } from "./money.ts";
import type { Instant } from "./time.ts";

/** A message to a customer: words that are no markup, and without personal data. */
export interface Message {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  /** What can be done at an address, or null: there is none, and the last paragraph says what to do. */
  readonly link: { readonly label: string; readonly url: string } | null;
}

/** What a kind of message says of itself. */
interface Words {
  readonly subject: string;
  /** A sentence or two each; null says nothing. */
  readonly paragraphs: readonly (string | null)[];
  /** What the link is for. */
  readonly label: string;
  /** What to do where there is no link. */
  readonly otherwise: string;
}

/** What the words are made of. What an alert does not say is null, and goes unsaid. */
interface Facts {
  readonly product: string;
  /** `your Pro plan at Acme` */
  readonly plan: string;
  /** `29.00 USD` */
  readonly amount: string | null;
  readonly interval: string | null;
  readonly accessEnds: string | null;
  readonly trialEnds: string | null;
}

const PAY = {
  label: "Pay now, or use another payment method",
  otherwise: "Please check the payment method in your account.",
};

const WORDS: Readonly<Record<CustomerAlertKind, (facts: Facts) => Words>> = {
  customer_payment_failed: ({ product, plan, amount, accessEnds }) => ({
    ...PAY,
    subject: `Your payment to ${product} did not go through`,
    paragraphs: [
      `We could not collect ${amount ?? "the payment"} for ${plan}.`,
      accessEnds && `Nothing changes for now: you keep your access until ${accessEnds}.`,
    ],
  }),
  customer_payment_reminder: ({ product, plan, amount, accessEnds }) => ({
    ...PAY,
    subject: `Reminder: your payment to ${product} is open`,
    paragraphs: [
      `${amount ?? "The payment"} for ${plan} is still unpaid.`,
      accessEnds && `You keep your access until ${accessEnds}.`,
    ],
  }),
  customer_final_notice: ({ product, plan, amount, accessEnds }) => ({
    ...PAY,
    subject: `Your access to ${product} ends ${accessEnds === null ? "soon" : `on ${accessEnds}`}`,
    paragraphs: [
      `${amount ?? "The payment"} for ${plan} is still unpaid.`,
      `If it stays so, your access ends ${accessEnds === null ? "soon" : `on ${accessEnds}`}.`,
    ],
  }),
  customer_access_ended: ({ product, plan, amount }) => ({
    subject: `Your access to ${product} has ended`,
    paragraphs: [
      `${amount ?? "The payment"} for ${plan} stayed unpaid, and so your access has ended.`,
      "You are welcome back at any time.",
    ],
    label: "See your invoices and payment methods",
    otherwise: "You can subscribe again in your account.",
  }),
  customer_trial_ending: ({ product, plan, amount, interval, trialEnds }) => ({
    subject: `Your trial of ${product} ends ${trialEnds === null ? "soon" : `on ${trialEnds}`}`,
    paragraphs: [
      `The trial of ${plan} ends ${trialEnds === null ? "soon" : `on ${trialEnds}`}.`,
      amount && `From then on it is ${amount}${interval === null ? "" : ` a ${interval}`}.`,
    ],
    label: "See, change or cancel your subscription",
    otherwise: "You can change or cancel it in your account.",
  }),
};

/**
 * What a customer is written, from the fields of the alert: `tier`, `amount` and `currency`, `interval`, and the moments
 * `ends_at` and `trial_end`. Null: the alert is none that customers are told of.
 */
export function messageOf(alert: Alert, product: string, link: string | null): Message | null {
  const kind = CUSTOMER_ALERT_KINDS.find((each) => each === alert.kind);
  if (kind === undefined) return null;
  const { subject, paragraphs, label, otherwise } = WORDS[kind](factsOf(alert, product));
  return {
    subject,
    paragraphs: [...paragraphs.filter((each) => each !== null), ...(link === null ? [otherwise] : [])],
    link: link === null ? null : { label, url: link },
  };
}

/** What operators hear of a message that its customer will not get. */
export function messageRefused(
  { key, kind }: Alert,
  about: SubscriptionId | null,
  reason: string,
  now: Instant,
): Alert {
  return {
    key: `message_refused:${key}`,
    kind: "message_refused",
    text: `A customer was not told (${kind}): ${reason}`,
    fields: { subscription: about, message: key },
    superseded: false,
    at: now,
  };
}

function factsOf({ fields }: Alert, product: string): Facts {
  const words = (name: string): string | null => {
    const value = fields[name];
    return typeof value === "string" ? value : null;
  };
  const day = (name: string): string | null => {
    const value = fields[name];
    return typeof value === "number" ? dayInWords(value) : null;
  };
  const tier = words("tier");
  const currency = words("currency");
  const amount = fields["amount"];
  return {
    product,
    plan: tier === null ? `your plan at ${product}` : `your ${capitalised(tier)} plan at ${product}`,
    amount: typeof amount === "number" && currency !== null ? formatMoney({ amount, currency }) : null,
    interval: words("interval"),
    accessEnds: day("ends_at"),
    trialEnds: day("trial_end"),
  };
}

const capitalised = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);
