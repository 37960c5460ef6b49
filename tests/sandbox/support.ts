import { Stripe } from "stripe";
import { beforeAll, onTestFinished } from "vitest";
import type { Clock } from "../../sandbox/clock.ts";
import { createSandbox, type Settings } from "../../sandbox/sandbox.ts";
import { startServer } from "../../sandbox/server.ts";
import { type Conformity, type Exchange, readDescription } from "./openapi.ts";
import { type Receiver, SECRETS, startReceiver } from "./receiver.ts";
import { findStripeMock } from "./stripe-mock.ts";

export const KEY = "sk_test_sandbox";
export const SUCCESS_URL = "http://127.0.0.1/paid?session_id={CHECKOUT_SESSION_ID}";

/** A request as it was sent, for whoever wants to send it elsewhere. */
interface Sent extends Exchange {
  readonly url: string;
  readonly body: string;
  /** It was the first answer to its idempotency key, given again. */
  readonly replayed: boolean;
}

/** A sandbox on a free port, Stripe's SDK pointed at it, and a receiver of its webhooks. */
export interface TestSandbox {
  readonly url: string;
  readonly clock: Clock;
  readonly stripe: Stripe;
  readonly receiver: Receiver;
  /** All that the SDK asked, with the answers. */
  readonly sent: readonly Sent[];
  /** POSTs to the control API (GETs without a body); throws unless it answers 200. */
  readonly control: <T = unknown>(path: string, body?: object) => Promise<T>;
  /** The same, with the status. */
  readonly ask: (path: string, body?: unknown) => Promise<{ status: number; json: Record<string, unknown> }>;
  /** Types of all events so far, oldest first; `after` is how many to leave out. */
  readonly events: (after?: number) => Promise<string[]>;
  readonly stop: () => Promise<void>;
}

let conformity: Promise<Conformity> | undefined;

/** Stripe's description; read once for all tests of a file. */
export function describedByStripe(): Promise<Conformity> {
  conformity ??= findStripeMock().then(({ spec }) => readDescription(spec));
  return conformity;
}

/** Go may have to build stripe-mock first: minutes, once on a machine. */
const INSTALLING_MS = 300_000;
beforeAll(async () => void (await describedByStripe()), INSTALLING_MS);

/**
 * Starts one for the running test. At the test's end every reply and every event that it sent is checked against
 * Stripe's description, unless the test makes up events.
 */
export async function startSandbox(
  settings: Partial<Settings> = {},
  { conform = true }: { conform?: boolean } = {},
): Promise<TestSandbox> {
  const receiver = await startReceiver();
  const sandbox = createSandbox({
    retryMs: [20, 20],
    log: (line) => failures.push(line),
    webhook: { url: receiver.url, secrets: SECRETS },
    ...settings,
  });
  const failures: string[] = [];
  const server = await startServer(sandbox.app, 0);
  const sent: Sent[] = [];
  const stripe = client(server.url, { httpClient: recorder(sent) });

  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await server.stop();
    await sandbox.close();
    await receiver.stop();
  };
  onTestFinished(async () => {
    await (stopping ??= stop());
    const found = conform ? await complaints(sent, receiver) : [];
    if (failures.length + found.length > 0) throw new Error([...failures, ...found].join("\n"));
  });
  const request = (path: string, body: unknown): Promise<Response> =>
    fetch(
      `${server.url}/sandbox${path}`,
      body === undefined ? {} : { method: "POST", body: JSON.stringify(body) },
    );
  return {
    url: server.url,
    clock: sandbox.clock,
    stripe,
    receiver,
    sent,
    async ask(path, body) {
      const response = await request(path, body);
      return { status: response.status, json: JSON.parse(await response.text()) };
    },
    async control(path, body) {
      const response = await request(path, body);
      const text = await response.text();
      if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${text}`);
      return JSON.parse(text);
    },
    async events(after = 0) {
      const response = await request(`/events?since=${after}`, undefined);
      const { events }: { events: { type: string }[] } = JSON.parse(await response.text());
      return events.map(({ type }) => type);
    },
    stop: () => (stopping ??= stop()),
  };
}

/** The SDK as production points it at another address. */
export function client(url: string, more: Stripe.StripeConfig = {}, key = KEY): Stripe {
  const { hostname: host, port } = new URL(url);
  const here = { host, port, protocol: "http", telemetry: false, maxNetworkRetries: 0 } as const;
  return new Stripe(key, { ...here, timeout: 5_000, ...more });
}

function recorder(sent: Sent[]): Stripe.HttpClient {
  return Stripe.createFetchHttpClient(async (input: string | URL | Request, init?: RequestInit) => {
    const response = await fetch(input, init);
    const text = await response.clone().text();
    const url = input instanceof Request ? input.url : String(input);
    const { pathname: path } = new URL(url);
    const method = init?.method ?? "GET";
    const replayed = response.headers.get("idempotent-replayed") === "true";
    const body = typeof init?.body === "string" ? init.body : "";
    sent.push({ method, path, status: response.status, json: JSON.parse(text), url, body, replayed });
    return response;
  });
}

async function complaints(sent: readonly Sent[], receiver: Receiver): Promise<string[]> {
  const description = await describedByStripe();
  const all = [
    ...sent.flatMap((exchange) => description.ofReply(exchange)),
    ...receiver.received.flatMap(({ event }) => description.ofEvent(event)),
  ];
  return [...new Set(all)];
}

export interface Bought {
  readonly customer: string;
  readonly session: string;
  readonly subscription: string;
}

/** A new customer pays a checkout with a card that works. */
export async function buy(
  { stripe, control }: TestSandbox,
  more: Partial<Stripe.Checkout.SessionCreateParams> = {},
): Promise<Bought> {
  const customer = await stripe.customers.create({ email: "ada@example.com" });
  const session = await stripe.checkout.sessions.create({
    mode: "subscription",
    customer: customer.id,
    line_items: [{ price: "price_pro_monthly", quantity: 1 }],
    success_url: SUCCESS_URL,
    cancel_url: "http://127.0.0.1/back",
    ...more,
  });
  const paid = await control<{ subscription: string }>(`/checkouts/${session.id}/pay`, {
    card: "4242424242424242",
  });
  return { customer: customer.id, session: session.id, subscription: paid.subscription };
}

/** The newest invoice of a subscription. */
export async function latestInvoice({ stripe }: TestSandbox, subscription: string): Promise<Stripe.Invoice> {
  const found = await stripe.subscriptions.retrieve(subscription, { expand: ["latest_invoice"] });
  const invoice = found.latest_invoice;
  if (invoice === null || typeof invoice === "string") throw new Error("the invoice is not expanded");
  return invoice;
}

/** The charges of a customer, newest first. */
export async function chargesOf({ stripe }: TestSandbox, customer: string): Promise<Stripe.Charge[]> {
  return (await stripe.charges.list({ customer, limit: 100 })).data;
}

/** The id of what may also have come whole. */
export const idOf = (reference: string | { readonly id: string } | null | undefined): string =>
  typeof reference === "string" ? reference : (reference?.id ?? "");
