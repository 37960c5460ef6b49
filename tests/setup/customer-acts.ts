import { randomUUID } from "node:crypto";
import { z } from "zod";
import { type SubscriptionId, subscriptionId } from "../../domain/ids.ts";
import { control, createCheckout, eventually } from "./customer.ts";
import { booksOf, stripe } from "./sandbox-account.ts";
import type { System } from "./system.ts";

const WORKS = "4242424242424242";
export const DECLINES = "4000000000000341";

/** A page to pay at, asked for with the same key until there is one, as a backend does. */
export async function openPage(
  system: System,
  receipt: string,
  tier = "pro",
  limitMs?: number,
): Promise<{ readonly id: SubscriptionId; readonly checkout: string; readonly session: string }> {
  const key = randomUUID();
  const request = { receipt, tier, email: `${receipt}@example.com` };
  const { body } = await eventually(
    `${receipt} has a page`,
    async () => {
      const answer = await createCheckout(system, request, key);
      return answer.status === 200 && answer;
    },
    limitMs,
  );
  return {
    id: subscriptionId(String(body["subscription_id"])),
    checkout: String(body["checkout_id"]),
    session: String(body["checkout_url"]).split("/").at(-1) ?? "",
  };
}

/** Pays at the page with a card that works; answers the provider's id of the new subscription. */
export async function payAt(system: System, session: string): Promise<string> {
  const paid = await control(system, "POST", `/checkouts/${session}/pay`, { card: WORKS });
  return z.object({ subscription: z.string() }).parse(paid).subscription;
}

const Subscription = z.object({
  customer: z.string(),
  items: z.object({ data: z.tuple([z.object({ id: z.string() })]) }),
});

/** Moves it to the higher tier with a card on file that declines: the invoice for the difference fails at once. */
export async function failUpgrade(system: System, subscription: string): Promise<void> {
  const { customer, items } = Subscription.parse(
    await stripe(system, "GET", `/v1/subscriptions/${subscription}`),
  );
  await control(system, "POST", `/customers/${customer}/card`, { card: DECLINES });
  await stripe(system, "POST", `/v1/subscriptions/${subscription}`, {
    "items[0][id]": items.data[0].id,
    "items[0][price]": "price_scale_monthly",
    proration_behavior: "always_invoice",
  });
}

/** The customer puts a card that works on file and pays what is open. */
export async function payOpenInvoices(system: System, subscription: string): Promise<void> {
  const ours = await subscriptionIn(system, subscription);
  await control(system, "POST", `/customers/${ours.customer}/card`, { card: WORKS });
  for (const { id, status } of ours.invoices) {
    if (status === "open") await control(system, "POST", `/invoices/${id}/pay`);
  }
}

/** Gives back some of the last payment, in minor units. Answers the refund's id. */
export async function refund(system: System, subscription: string, amount: number): Promise<string> {
  const charge = (await subscriptionIn(system, subscription)).charges.findLast(
    ({ status }) => status === "succeeded",
  );
  if (charge === undefined) throw new Error("nothing was charged");
  const made = await stripe(system, "POST", "/v1/refunds", {
    payment_intent: charge.payment_intent,
    amount: `${amount}`,
  });
  return z.object({ id: z.string() }).parse(made).id;
}

async function subscriptionIn(system: System, id: string) {
  const found = (await booksOf(system)).subscriptions.find((each) => each.id === id);
  if (found === undefined) throw new Error(`the sandbox has no subscription ${id}`);
  return found;
}
