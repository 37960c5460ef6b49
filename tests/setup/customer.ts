import { randomUUID } from "node:crypto";
import { until } from "../../cli/embedded/until.ts";
import { type SubscriptionId, subscriptionId } from "../../domain/ids.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { SubscriptionRow } from "../../store/subscription-row.ts";
import { findSubscription } from "../../store/subscriptions.ts";
import { API_KEY, type System } from "./system.ts";

const LIMIT_MS = 20_000;

/** Waits for a condition; fails, naming it, when it has not come true within the limit. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  limitMs = LIMIT_MS,
): Promise<T> {
  const answer = await until(async () => (await ask()) || undefined, { limitMs, everyMs: 25 });
  if (answer === undefined) throw new Error(`it did not come true in ${limitMs} ms: ${what}`);
  return answer;
}

export interface CheckoutAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** POST /api/billing/create-checkout as a product's backend does. */
export async function createCheckout(
  { apiUrl }: Pick<System, "apiUrl">,
  body: object,
  key: string = randomUUID(),
): Promise<CheckoutAnswer> {
  const answer = await fetch(`${apiUrl}/api/billing/create-checkout`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${API_KEY}`,
      "content-type": "application/json",
      ...(key === "" ? {} : { "idempotency-key": key }),
    },
    body: JSON.stringify(body),
  });
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as Record<string, unknown>,
  };
}

/** Asks the sandbox's control API. */
export async function control(
  { sandbox }: Pick<System, "sandbox">,
  method: "GET" | "POST",
  path: string,
  body: object = {},
): Promise<unknown> {
  const answer = await fetch(`${sandbox.url}/sandbox${path}`, {
    method,
    ...(method === "GET"
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the sandbox answers ${answer.status} to ${method} ${path}: ${text}`);
  return JSON.parse(text) as unknown;
}

/** A customer who has bought a tier: the subscription is active in the database. */
export async function subscribe(
  system: System,
  { receipt = `customer-${randomUUID()}`, tier = "pro", card = "4242424242424242" } = {},
): Promise<{ readonly id: SubscriptionId; readonly receipt: string; readonly row: SubscriptionRow }> {
  const { status, body } = await createCheckout(system, { receipt, tier, email: "someone@example.com" });
  if (status !== 200) throw new Error(`create-checkout answers ${status}: ${JSON.stringify(body)}`);
  const id = subscriptionId(String(body["subscription_id"]));
  await control(system, "POST", `/checkouts/${String(body["checkout_url"]).split("/").at(-1)}/pay`, { card });
  return { id, receipt, row: await reaches(system, id, "active") };
}

/** Waits until the subscription's row has the status. */
export const reaches = (
  { database }: Pick<System, "database">,
  id: SubscriptionId,
  status: Subscription["status"],
): Promise<SubscriptionRow> =>
  eventually(`${id} is ${status}`, async () => {
    const row = await findSubscription(database.pool, id);
    return row?.subscription.status === status && row;
  });

/** Waits until every stored event has its end (R2), and answers how many of each state there are. */
export function allApplied({
  database,
}: Pick<System, "database">): Promise<Readonly<Record<string, number>>> {
  return eventually("every event has its end", async () => {
    const { rows } = await database.pool.query<{ state: string; events: number }>(
      "select state, count(*)::int as events from webhook_events group by state",
    );
    const counts = Object.fromEntries(rows.map(({ state, events }) => [state, events]));
    return counts["received"] === undefined && counts;
  });
}
