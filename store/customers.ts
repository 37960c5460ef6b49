import { randomUUID } from "node:crypto";
import type { CustomerId, Receipt, SubscriptionId } from "../domain/ids.ts";
import { customerId, receipt, subscriptionId } from "../domain/ids.ts";
import type { Provider } from "../domain/provider.ts";
import type { Db } from "./pool.ts";
import { one } from "./pool.ts";

export interface Customer {
  readonly id: CustomerId;
  readonly receipt: Receipt;
  readonly email: string | null;
  readonly stripeCustomerId: string | null;
  readonly liveSubscriptionId: SubscriptionId | null;
  readonly blocked: boolean;
  readonly blockedReason: string | null;
}

interface Row {
  id: string;
  receipt: string;
  email: string | null;
  stripe_customer_id: string | null;
  live_subscription_id: string | null;
  blocked: boolean;
  blocked_reason: string | null;
}

const COLUMNS = "id, receipt, email, stripe_customer_id, live_subscription_id, blocked, blocked_reason";

const toCustomer = (row: Row): Customer => ({
  id: customerId(row.id),
  receipt: receipt(row.receipt),
  email: row.email,
  stripeCustomerId: row.stripe_customer_id,
  liveSubscriptionId: row.live_subscription_id === null ? null : subscriptionId(row.live_subscription_id),
  blocked: row.blocked,
  blockedReason: row.blocked_reason,
});

async function find(db: Db, where: string, parameter: string): Promise<Customer | undefined> {
  const { rows } = await db.query<Row>(`select ${COLUMNS} from customers where ${where}`, [parameter]);
  return rows[0] && toCustomer(rows[0]);
}

/**
 * Finds the customer by its receipt or creates it, and locks its row: whatever is done for one customer is done in turn.
 * The latest e-mail address is the one that is written to; the provider keeps the one that it was given first.
 */
export async function lockCustomerByReceipt(db: Db, name: Receipt, email: string | null): Promise<Customer> {
  // The update locks the row that is there, also one that another transaction has just made.
  const result = await db.query<Row>(
    `insert into customers (id, receipt, email) values ($1, $2, $3)
     on conflict (receipt) do update set email = coalesce(excluded.email, customers.email)
     returning ${COLUMNS}`,
    [randomUUID(), name, email],
  );
  return toCustomer(one(result));
}

/** @returns undefined when there is none */
export const lockCustomer = (db: Db, id: CustomerId): Promise<Customer | undefined> =>
  find(db, "id = $1 for update", id);

export const findCustomer = (db: Db, id: CustomerId): Promise<Customer | undefined> =>
  find(db, "id = $1", id);

export const findCustomerByReceipt = (db: Db, name: Receipt): Promise<Customer | undefined> =>
  find(db, "receipt = $1", name);

/** The customer with this id at the provider, its row locked. Undefined: none of ours has it. */
export const lockKnownCustomer = (
  db: Db,
  provider: Provider,
  providerCustomerId: string,
): Promise<Customer | undefined> => find(db, `${columnOf(provider)} = $1 for update`, providerCustomerId);

/**
 * The customer of an adopted subscription, its row locked: found by the provider's id, or made with that id as its
 * receipt (R14). Where a caller's own customer has that name already, an id of ours is added to it.
 */
export async function lockCustomerByProviderId(
  db: Db,
  provider: Provider,
  providerCustomerId: string,
): Promise<Customer> {
  const column = columnOf(provider);
  const id = randomUUID();
  const name = `${provider}:${providerCustomerId}`;
  for (const free of [name, `${name}/${id}`]) {
    await db.query(
      `insert into customers (id, receipt, ${column}) values ($1, $2, $3) on conflict do nothing`,
      [id, free, providerCustomerId],
    );
    const customer = await lockKnownCustomer(db, provider, providerCustomerId);
    if (customer !== undefined) return customer;
  }
  throw new Error("a customer neither is there nor can be made");
}

const columnOf = (provider: Provider): string =>
  provider === "stripe" ? "stripe_customer_id" : "razorpay_customer_id";

/** Remembers who the customer is at the provider. The first answer stays, and an id that is another's stays theirs. */
export async function saveProviderCustomer(
  db: Db,
  id: CustomerId,
  provider: Provider,
  providerCustomerId: string,
): Promise<void> {
  const column = columnOf(provider);
  await db.query(
    `update customers set ${column} = $2, updated_at = now()
     where id = $1 and ${column} is null and not exists (select from customers where ${column} = $2)`,
    [id, providerCustomerId],
  );
}

/** The customer is somebody else at the provider from now on, unless others have said so meanwhile. */
export async function replaceProviderCustomer(
  db: Db,
  id: CustomerId,
  provider: Provider,
  gone: string,
  providerCustomerId: string,
): Promise<void> {
  const column = columnOf(provider);
  await db.query(
    `update customers set ${column} = $3, updated_at = now()
     where id = $1 and coalesce(${column}, $2) = $2 and not exists (select from customers where ${column} = $3)`,
    [id, gone, providerCustomerId],
  );
}

export async function saveLiveSubscription(
  db: Db,
  id: CustomerId,
  live: SubscriptionId | null,
): Promise<void> {
  await db.query(
    `update customers set live_subscription_id = $2, updated_at = now()
     where id = $1 and live_subscription_id is distinct from $2::uuid`,
    [id, live],
  );
}
