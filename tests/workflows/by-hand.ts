import { randomUUID } from "node:crypto";
import type { WorkflowHandle } from "@temporalio/client";
import type { SubscriptionId } from "../../domain/ids.ts";
import type { CommandReply } from "../../workflows/contract.ts";
import { control, eventually, subscribe } from "../setup/customer.ts";
import type { System } from "../setup/system.ts";
import { atRest } from "./history.ts";

/** Sends an update as an operator does in the Web UI: a name, and JSON that was typed. */
export const byHand = (handle: WorkflowHandle, name: string, json: string): Promise<CommandReply> =>
  handle.executeUpdate<CommandReply, [unknown]>(name, { args: [JSON.parse(json)], updateId: randomUUID() });

export interface Customer {
  readonly id: SubscriptionId;
  readonly receipt: string;
  /** Of the subscription and the customer, at the provider. */
  readonly providerId: string;
  readonly customerId: string;
}

/** A customer whose subscription is active, and whose workflow has nothing to do. */
export async function settledCustomer(system: System): Promise<Customer> {
  const { id, receipt, row } = await subscribe(system);
  await appliedTo(system, id);
  await atRest(system, id);
  const { providerSubscriptionId, providerCustomerId } = row.subscription.terms;
  return { id, receipt, providerId: providerSubscriptionId, customerId: providerCustomerId };
}

/** Waits until all events of one subscription have been applied. */
export const appliedTo = ({ database }: System, id: SubscriptionId): Promise<true> =>
  eventually(`the events of ${id} are applied`, async () => {
    const { rows } = await database.pool.query<{ state: string }>(
      "select distinct state from webhook_events where subscription_id = $1",
      [id],
    );
    return rows.length === 1 && rows[0]?.state === "applied";
  });

/** How often the provider was asked to end the subscription, and did. */
export async function cancelsOf(system: System, providerId: string): Promise<number> {
  const { requests } = (await control(system, "GET", "/requests")) as {
    requests: { method: string; path: string; status: number | null }[];
  };
  return requests.filter(
    ({ method, path, status }) =>
      method === "DELETE" && path === `/v1/subscriptions/${providerId}` && status === 200,
  ).length;
}

/** How many commands of one id there are, and what was answered. */
export async function commandRows(
  { database }: System,
  id: SubscriptionId,
  commandId: string,
): Promise<readonly { kind: string; asked_by: string; outcome: unknown }[]> {
  const { rows } = await database.pool.query<{ kind: string; asked_by: string; outcome: unknown }>(
    "select kind, asked_by, outcome from commands where subscription_id = $1 and id = $2",
    [id, commandId],
  );
  return rows;
}
