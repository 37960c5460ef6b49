import { afterAll, beforeAll, expect, it } from "vitest";
import { insertAlert } from "../../store/alerts.ts";
import { noticesOf } from "../../store/notices.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import { newSubscriptionId, START } from "./rows.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

it("says which steps of the calendar a customer was told of, and when; not those that were over by then", async () => {
  const [id, other] = [newSubscriptionId(), newSubscriptionId()];
  const tell = (about: typeof id, key: string, at: number, superseded = false) =>
    insertAlert(
      database.pool,
      { key, kind: "customer_payment_reminder", text: "reminded", fields: {}, superseded, at },
      about,
      [],
    );
  await tell(id, "dunning:in_1:3", START + 3);
  await tell(id, "dunning:in_1:0", START);
  await tell(id, "dunning:in_1:7", START + 7, true);
  await tell(id, "payment_failed:in_1:1", START);
  await tell(other, "dunning:in_2:10", START);
  expect(await noticesOf(database.pool, id)).toEqual([
    { day: 0, at: START },
    { day: 3, at: START + 3 },
  ]);
});
