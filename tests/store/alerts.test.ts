import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Alert } from "../../domain/alert.ts";
import type { SubscriptionId } from "../../domain/ids.ts";
import { receipt } from "../../domain/ids.ts";
import type { Listener } from "../../store/alerts.ts";
import {
  addressOfAlert,
  announcedKeys,
  claimDelivery,
  hasUndelivered,
  insertAlert,
  markDelivered,
  markRefused,
  markUndelivered,
  undelivered,
} from "../../store/alerts.ts";
import { lockCustomerByReceipt } from "../../store/customers.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import { crowd, newSubscription, newSubscriptionId, parallel, START } from "./rows.ts";

let database: TestDatabase;
let many: Pool;
let about: SubscriptionId;
beforeAll(async () => {
  database = await createDatabase();
  many = crowd(database.url);
});
afterAll(async () => {
  await many.end();
  await database.drop();
});
beforeEach(() => {
  about = newSubscriptionId();
});
afterEach(() => database.pool.query("delete from deliveries; delete from alerts"));

const to = (name: string, ...audiences: Listener["audiences"]): Listener => ({ name, audiences });
const CHANNELS = [to("log", "operators", "customer"), to("slack", "operators"), to("email", "customer")];
/** Those that operators hear of an alert by. */
const OPERATORS = ["log", "slack"];
const alert = (change: Partial<Alert> = {}): Alert => ({
  key: `payment_failed:${randomUUID()}`,
  kind: "payment_failed",
  text: "A payment of 29.00 USD failed",
  fields: { amount: 2_900, currency: "usd", invoice: null },
  superseded: false,
  at: START,
  ...change,
});
const owed = async (channel: string, of: SubscriptionId | null = about): Promise<string[]> =>
  (await undelivered(database.pool, channel, of, 10)).map(({ alert: { key } }) => key);

describe("R6: an alert", () => {
  it("is recorded once of 50 at once, and owed to each channel once", async () => {
    const one = alert();
    const answers = await parallel(50, () => insertAlert(many, one, about, CHANNELS));
    expect(answers.filter(Boolean)).toHaveLength(1);
    for (const channel of OPERATORS) {
      await expect(undelivered(database.pool, channel, about, 10)).resolves.toEqual([
        { alert: one, about, attempts: 0 },
      ]);
    }
    await expect(undelivered(database.pool, "pager", about, 10)).resolves.toEqual([]);
    await expect(hasUndelivered(database.pool, about)).resolves.toBe(true);
  });

  it("is owed to all, or not recorded: also outside of a transaction", async () => {
    const one = alert();
    await expect(insertAlert(database.pool, one, about, [...CHANNELS, ...CHANNELS])).rejects.toMatchObject({
      code: "23505",
    });
    await expect(announcedKeys(database.pool, about)).resolves.toEqual([]);
    await expect(insertAlert(database.pool, one, about, CHANNELS)).resolves.toBe(true);
  });

  it("R4: that was over before it was seen is recorded and told to nobody", async () => {
    const one = alert({ superseded: true });
    await expect(insertAlert(database.pool, one, about, CHANNELS)).resolves.toBe(true);
    await expect(insertAlert(database.pool, { ...one, superseded: false }, about, CHANNELS)).resolves.toBe(
      false,
    );
    await expect(announcedKeys(database.pool, about)).resolves.toEqual([]);
    await expect(hasUndelivered(database.pool, about)).resolves.toBe(false);
    const { rows } = await database.pool.query("select superseded from alerts where key = $1", [one.key]);
    expect(rows).toEqual([{ superseded: true }]);
  });

  it("of the operators is owed to their channels, and a customer's to the customer's", async () => {
    const [theirs, hers] = [alert(), alert({ kind: "customer_payment_failed" })];
    await insertAlert(database.pool, theirs, about, CHANNELS);
    await insertAlert(database.pool, hers, about, CHANNELS);
    await expect(owed("log")).resolves.toEqual([theirs.key, hers.key]);
    await expect(owed("slack")).resolves.toEqual([theirs.key]);
    await expect(owed("email")).resolves.toEqual([hers.key]);
    const { rows } = await database.pool.query("select key from alerts where audience = 'customer'");
    expect(rows).toEqual([{ key: hers.key }]);
  });

  it("is recorded also where there is no channel", async () => {
    await expect(insertAlert(database.pool, alert(), about, [])).resolves.toBe(true);
    await expect(hasUndelivered(database.pool, about)).resolves.toBe(false);
  });

  it("of one subscription, of another and of none are told apart", async () => {
    const [mine, theirs, nobodys] = [alert(), alert(), alert()];
    await insertAlert(database.pool, mine, about, CHANNELS);
    await insertAlert(database.pool, theirs, newSubscriptionId(), CHANNELS);
    await insertAlert(database.pool, nobodys, null, CHANNELS);
    await expect(owed("log")).resolves.toEqual([mine.key]);
    await expect(owed("log", null)).resolves.toEqual([mine.key, theirs.key, nobodys.key]);
    await expect(announcedKeys(database.pool, about)).resolves.toEqual([mine.key]);
  });
});

describe("R6: a delivery", () => {
  it("is one channel's: what one has heard the other is still owed", async () => {
    const one = alert();
    await insertAlert(database.pool, one, about, CHANNELS);
    await markDelivered(database.pool, one.key, "log");
    await markDelivered(database.pool, one.key, "log");
    await expect(owed("log")).resolves.toEqual([]);
    await expect(owed("slack")).resolves.toEqual([one.key]);
    await expect(hasUndelivered(database.pool, about)).resolves.toBe(true);
    await markDelivered(database.pool, one.key, "slack");
    await expect(hasUndelivered(database.pool, about)).resolves.toBe(false);
    const { rows } = await database.pool.query(
      "select channel, attempts, last_error from deliveries where alert_key = $1 order by channel",
      [one.key],
    );
    expect(rows).toEqual(OPERATORS.map((channel) => ({ channel, attempts: 1, last_error: null })));
  });

  it("is taken by one of 50 who would make it, and by the next when that one is gone", async () => {
    const one = alert();
    await insertAlert(database.pool, one, about, CHANNELS);
    const claims = await parallel(50, () => claimDelivery(many, one.key, "slack", 60_000));
    expect(claims.filter(Boolean)).toHaveLength(1);
    await expect(owed("slack")).resolves.toEqual([]);
    await expect(owed("log")).resolves.toEqual([one.key]);
    await database.pool.query("update deliveries set next_attempt_at = now() - interval '1 second'");
    await expect(claimDelivery(database.pool, one.key, "slack", 60_000)).resolves.toBe(true);
    await markDelivered(database.pool, one.key, "slack");
    await database.pool.query("update deliveries set next_attempt_at = now() - interval '1 second'");
    await expect(claimDelivery(database.pool, one.key, "slack", 60_000)).resolves.toBe(false);
  });

  it("that failed stays owed, with its reason, and is due at its time", async () => {
    const one = alert();
    await insertAlert(database.pool, one, about, CHANNELS);
    await markUndelivered(database.pool, one.key, "slack", "Slack answers 500", 20_000);
    await expect(owed("slack")).resolves.toEqual([]);
    const { rows } = await database.pool.query(
      `select attempts, last_error, extract(epoch from next_attempt_at - now())::int as seconds, delivered_at
       from deliveries where alert_key = $1 and channel = 'slack'`,
      [one.key],
    );
    expect(rows).toEqual([
      { attempts: 1, last_error: "Slack answers 500", seconds: expect.any(Number), delivered_at: null },
    ]);
    expect(rows[0]?.["seconds"]).toBeGreaterThan(15);
    await markUndelivered(database.pool, one.key, "slack", "Slack answers 500", -1);
    await expect(undelivered(database.pool, "slack", about, 10)).resolves.toMatchObject([{ attempts: 2 }]);
  });

  it("that was made is not failed afterwards", async () => {
    const one = alert();
    await insertAlert(database.pool, one, about, CHANNELS);
    await markDelivered(database.pool, one.key, "log");
    await markUndelivered(database.pool, one.key, "log", "late", -1);
    await expect(owed("log")).resolves.toEqual([]);
  });

  it("that was refused is owed no longer, and says why; only once", async () => {
    const one = alert();
    await insertAlert(database.pool, one, about, CHANNELS);
    await expect(markRefused(database.pool, one.key, "slack", "no such place")).resolves.toBe(true);
    await expect(markRefused(database.pool, one.key, "slack", "again")).resolves.toBe(false);
    await markDelivered(database.pool, one.key, "slack");
    await markUndelivered(database.pool, one.key, "slack", "late", -1);
    await expect(owed("slack")).resolves.toEqual([]);
    await expect(claimDelivery(database.pool, one.key, "slack", 1_000)).resolves.toBe(false);
    await markDelivered(database.pool, one.key, "log");
    await expect(hasUndelivered(database.pool, about)).resolves.toBe(false);
    const { rows } = await database.pool.query(
      "select attempts, last_error, delivered_at from deliveries where channel = 'slack' and refused_at is not null",
    );
    expect(rows).toEqual([{ attempts: 1, last_error: "no such place", delivered_at: null }]);
  });

  it("comes in the order in which the alerts were recorded, so many at a time", async () => {
    const alerts = [alert(), alert(), alert()];
    for (const each of alerts) await insertAlert(database.pool, each, about, CHANNELS);
    await expect(owed("log")).resolves.toEqual(alerts.map(({ key }) => key));
    const two = await undelivered(database.pool, "log", about, 2);
    expect(two.map(({ alert: { key } }) => key)).toEqual(alerts.slice(0, 2).map(({ key }) => key));
  });

  it("is of an alert that is there", async () => {
    const lost = database.pool.query("insert into deliveries (alert_key, channel) values ('none', 'log')");
    await expect(lost).rejects.toMatchObject({ constraint: "deliveries_alert_key_fkey" });
  });
});

describe("R10: the address of the customer whom an alert is about", () => {
  it("is read from the customer's row", async () => {
    const name = receipt(`customer-${randomUUID()}`);
    const { id: customerId } = await lockCustomerByReceipt(database.pool, name, "ann@example.com");
    const { id } = await newSubscription(database.pool, { customerId });
    const one = alert();
    await insertAlert(database.pool, one, id, CHANNELS);
    await expect(addressOfAlert(database.pool, one.key)).resolves.toBe("ann@example.com");
  });

  it("may be none", async () => {
    const { id } = await newSubscription(database.pool);
    const [hers, nobodys] = [alert(), alert()];
    await insertAlert(database.pool, hers, id, CHANNELS);
    await insertAlert(database.pool, nobodys, null, CHANNELS);
    await expect(addressOfAlert(database.pool, hers.key)).resolves.toBeNull();
    await expect(addressOfAlert(database.pool, nobodys.key)).resolves.toBeNull();
  });
});
