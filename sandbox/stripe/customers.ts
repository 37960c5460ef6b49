import { endSubscription } from "./billing/cancel.ts";
import { isOver } from "./billing/update.ts";
import { find, missing } from "./errors.ts";
import { newId } from "./ids.ts";
import type { Customer, Metadata } from "./records.ts";
import { customerView } from "./views/customer.ts";
import { emit, type Work } from "./world.ts";

/** The parts of a new customer that can be given. */
export interface NewCustomer {
  email?: string | null | undefined;
  name?: string | null | undefined;
  phone?: string | null | undefined;
  description?: string | null | undefined;
  metadata?: Metadata | undefined;
}

export function createCustomer(work: Work, given: NewCustomer): Customer {
  const customer: Customer = {
    id: newId("customer").slice(0, 18),
    created: work.now,
    email: given.email ?? null,
    name: given.name ?? null,
    phone: given.phone ?? null,
    description: given.description ?? null,
    metadata: given.metadata ?? {},
    default_payment_method: null,
    balance: 0,
    currency: null,
    deleted: false,
  };
  work.state.customers[customer.id] = customer;
  emit(work, "customer.created", customerView(work, customer));
  return customer;
}

/** Deletes a customer for ever; their subscriptions end at once. */
export function deleteCustomer(work: Work, customer: Customer): void {
  for (const sub of Object.values(work.state.subscriptions)) {
    if (sub.customer === customer.id && !isOver(sub)) endSubscription(work, sub, "cancellation_requested");
  }
  emit(work, "customer.deleted", customerView(work, customer));
  customer.deleted = true;
}

/** A customer who is still there: a deleted one exists only to be looked at. */
export function liveCustomer(work: Work, id: string, param?: string): Customer {
  const customer = find(work.state.customers, id, "customer", param);
  if (customer.deleted) throw missing("customer", id, param);
  return customer;
}
