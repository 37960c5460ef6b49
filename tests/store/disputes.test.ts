import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DisputeStatus } from "../../domain/dispute.ts";
import type { SubscriptionId } from "../../domain/ids.ts";
import type { ObservedDispute } from "../../domain/observation.ts";
import { DAY } from "../../domain/time.ts";
import { saveDispute } from "../../store/disputes.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import { expectRefusal, newSubscription, newSubscriptionId, parallel, START } from "./rows.ts";

let database: TestDatabase;
let id: SubscriptionId;
beforeAll(async () => {
  database = await createDatabase();
  ({ id } = await newSubscription(database.pool));
});
afterAll(() => database.drop());

const dispute = (status: DisputeStatus, change: Partial<ObservedDispute> = {}): ObservedDispute => ({
  id: "du_1",
  paymentId: "pi_1",
  status,
  disputed: { amount: 2_900, currency: "usd" },
  createdAt: START + DAY,
  answerBy: null,
  ...change,
});
const rows = async (): Promise<unknown[]> =>
  (await database.pool.query("select id, payment_id, status, amount, taken, disputed_at from disputes")).rows;

describe("a dispute", () => {
  it("counts once, and what it took is what the bank has now: the loser may win on appeal", async () => {
    for (const [status, taken] of [
      ["inquiry", 0],
      ["open", 2_900],
      ["lost", 2_900],
      ["won", 0],
    ] as const) {
      await parallel(3, () => saveDispute(database.pool, "stripe", id, dispute(status)));
      await expect(rows()).resolves.toEqual([
        { id: "du_1", payment_id: "pi_1", status, amount: 2_900, taken, disputed_at: START + DAY },
      ]);
    }
  });

  it("belongs to a subscription that is there", async () => {
    await expectRefusal(
      saveDispute(database.pool, "stripe", newSubscriptionId(), dispute("open", { id: "du_2" })),
      "disputes_subscription_id_fkey",
    );
  });
});
