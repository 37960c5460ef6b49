import type { Stripe } from "stripe";
import type { CallRequest, CallResult } from "../provider.ts";
import { ProviderError } from "../provider.ts";
import type { Ask } from "./ask.ts";
import { orNull } from "./ask.ts";
import { listed } from "./list.ts";

/** What takes back a demand, or gives back money. */
type MoneyBack = Extract<CallRequest, { name: "void_invoice" | "refund_payment" }>;

/** What is sent, exactly. */
export function parametersOfMoneyBack(request: MoneyBack): Readonly<Record<string, unknown>> {
  switch (request.name) {
    case "void_invoice":
      return {};
    case "refund_payment":
      return {
        // Without an amount it is all that has not gone back yet: somebody may have given back a part.
        ...paymentOf(request),
        metadata: { perennial_reason: request.because },
        ...(request.because === "duplicate" ? { reason: "duplicate" } : {}),
      } satisfies Stripe.RefundCreateParams;
    default:
      return request satisfies never;
  }
}

export async function giveBack(
  ask: Ask,
  request: MoneyBack,
  sent: Readonly<Record<string, unknown>>,
  options: Stripe.RequestOptions,
): Promise<CallResult> {
  try {
    switch (request.name) {
      case "void_invoice":
        await ask((stripe) => stripe.invoices.voidInvoice(request.invoiceId, { ...sent }, options));
        return { name: request.name, state: "void" };
      case "refund_payment":
        await ask((stripe) => stripe.refunds.create({ ...sent }, options));
        return { name: request.name, state: "refunded" };
      default:
        return request satisfies never;
    }
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== "refused") throw error;
    // Somebody else was first, be it the customer who has paid. What is so already is the answer.
    const found = await findMoneyBack(ask, request);
    if (found === null) throw error;
    return found;
  }
}

/** Whether it is so already: the invoice cannot be paid any more, or all of the money has gone back. */
export async function findMoneyBack(ask: Ask, request: MoneyBack): Promise<CallResult | null> {
  switch (request.name) {
    case "void_invoice": {
      const invoice = await orNull(ask((stripe) => stripe.invoices.retrieve(request.invoiceId)));
      if (invoice === null || invoice.status === "void") return { name: request.name, state: "void" };
      return invoice.status === "paid" ? { name: request.name, state: "paid" } : null;
    }
    case "refund_payment": {
      const refunds = listed(ask, (stripe, position) =>
        stripe.refunds.list({ ...paymentOf(request), ...position }),
      );
      let refunded = 0;
      for await (const { status, amount } of refunds) {
        if (status !== "failed" && status !== "canceled") refunded += amount;
      }
      return refunded >= request.refunded.amount ? { name: request.name, state: "refunded" } : null;
    }
    default:
      return request satisfies never;
  }
}

/** A payment of ours is a payment intent, or an old charge without one. */
const paymentOf = ({
  paymentId,
}: Extract<MoneyBack, { name: "refund_payment" }>): { charge: string } | { payment_intent: string } =>
  /^(ch|py)_/.test(paymentId) ? { charge: paymentId } : { payment_intent: paymentId };
