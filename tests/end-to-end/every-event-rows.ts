import { z } from "zod";
import type { SubscriptionId } from "../../domain/ids.ts";
import type { System } from "../setup/system.ts";

const Row = z.object({ status: z.string() }).loose();

/** Reads what is recorded of one subscription. */
export function createReader({ database }: Pick<System, "database">) {
  const rows = async <R extends object>(statement: string, ...values: unknown[]): Promise<R[]> =>
    (await database.pool.query<R>(statement, values)).rows;
  type Life = { readonly id: SubscriptionId };
  return {
    rows,
    /** The subscription's row; unborn while there is none. */
    async rowOf({ id }: Life): Promise<z.infer<typeof Row>> {
      const [row] = await rows("select * from subscriptions where id = $1", id);
      return Row.parse(row ?? { status: "unborn" });
    },
    paymentsOf: ({ id }: Life): Promise<object[]> =>
      rows("select status, amount from payments where subscription_id = $1 order by paid_at", id),
    refundsOf: ({ id }: Life): Promise<object[]> =>
      rows("select id, status, amount from refunds where subscription_id = $1 order by amount", id),
    disputesOf: ({ id }: Life): Promise<object[]> =>
      rows("select status, taken from disputes where subscription_id = $1", id),
    /** The kinds of what was told of it, in the order of the alphabet. */
    async toldOf({ id }: Life): Promise<readonly string[]> {
      const alerts = await rows<{ kind: string }>(
        "select kind from alerts where subscription_id = $1 and not superseded order by kind",
        id,
      );
      return alerts.map(({ kind }) => kind);
    },
  };
}
