import { z } from "zod";

const Clock = z.object({ now: z.number(), offset_ms: z.number() });
const Books = z.object({
  subscriptions: z.array(
    z.object({
      id: z.string(),
      customer: z.string(),
      status: z.string(),
      invoices: z.array(z.object({ id: z.string(), status: z.string() })),
      charges: z.array(
        z.object({ id: z.string(), payment_intent: z.string(), amount: z.number(), status: z.string() }),
      ),
      paid: z.number(),
      refunded: z.number(),
    }),
  ),
});
/** The sandbox's own account of all money, in minor units. */
export type Books = z.infer<typeof Books>;

const LIMIT_MS = 600_000;

/** Plays the customer, the bank and the clock at the sandbox. */
export function sandboxControl(url: string) {
  const ask = async (method: string, path: string, body?: object, headers = {}): Promise<unknown> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: { "content-type": "application/json", ...headers },
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the sandbox answers ${answer.status} to ${method} ${path}: ${text}`);
    return JSON.parse(text);
  };
  return {
    clock: async () => Clock.parse(await ask("GET", "/sandbox")),
    advance: async (by: { months?: number; days?: number; hours?: number }) =>
      Clock.parse(await ask("POST", "/sandbox/advance", by)),
    knobs: (change: object) => ask("POST", "/sandbox/knobs", change),
    /** Pays the checkout that is shown at the address. */
    pay: (checkoutUrl: string, card: string) =>
      ask("POST", `/sandbox/checkouts/${checkoutUrl.split("/").at(-1)}/pay`, {
        card,
        email: "demo@example.com",
      }),
    putCard: (customer: string, card: string) => ask("POST", `/sandbox/customers/${customer}/card`, { card }),
    payInvoice: (invoice: string) => ask("POST", `/sandbox/invoices/${invoice}/pay`, {}),
    idle: () => ask("POST", "/sandbox/idle", { limit_ms: 20_000 }),
    books: async () => Books.parse(await ask("GET", "/sandbox/books")),
    /** As from Stripe's dashboard. */
    refund: async (paymentIntent: string, amount: number) => {
      const answer = await fetch(`${url}/v1/refunds`, {
        method: "POST",
        body: new URLSearchParams({ payment_intent: paymentIntent, amount: `${amount}` }),
        headers: { authorization: "Bearer sk_test_sandbox" },
      });
      if (!answer.ok) throw new Error(`the sandbox refuses a refund: ${await answer.text()}`);
    },
  };
}
