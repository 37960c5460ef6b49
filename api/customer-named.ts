import { receipt } from "../domain/ids.ts";
import type { Customer } from "../store/customers.ts";
import { findCustomerByReceipt } from "../store/customers.ts";
import type { Pool } from "../store/pool.ts";
import { text } from "../store/storable.ts";
import { ApiError } from "./api-error.ts";

/** The customer with this receipt. @throws ApiError 404 */
export async function customerNamed(pool: Pool, name: string | undefined): Promise<Customer> {
  const known = await findCustomerByReceipt(pool, receiptIn(name));
  if (known === undefined) throw unknownCustomer();
  return known;
}

function receiptIn(name = "") {
  try {
    // What Postgres cannot keep names nobody.
    return receipt(name === text(name) ? name : "");
  } catch {
    throw unknownCustomer();
  }
}

const unknownCustomer = (): ApiError =>
  new ApiError(404, "unknown_customer", "There is no customer with this receipt");
