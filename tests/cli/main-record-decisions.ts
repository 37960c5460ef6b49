import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { playStory } from "../../cli/demo/story.ts";
import { withStage } from "../../cli/demo/with-stage.ts";
import { until } from "../../cli/embedded/until.ts";
import { createLog } from "../../cli/log.ts";
import { main } from "../../cli/main.ts";
import { sandboxControl } from "../../cli/sandbox-control.ts";
import { type Stage, startStage } from "../../cli/stage.ts";
import { installTemporalRuntime } from "../../cli/temporal-runtime.ts";
import { run } from "./program.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The lives, by the names of their fixtures; each is of a customer of that name, but for the demo's. */
const STORIES: Readonly<Record<string, (stage: Stage, receipt: string) => Promise<void>>> = {
  "a-year-in-short": playStory,
  "changed-mind": changeMind,
  "never-paid": neverPay,
  "unpaid-to-the-end": stopPaying,
};

/**
 * Records what `recorded-decisions.test.ts` decides again, on the whole system:
 * `npx tsx tests/cli/main-record-decisions.ts never-paid …`. A life that is recorded stays as it is: it proves that
 * what an earlier version has decided is decided alike. Record it anew only where decisions are to differ from then on.
 */
await main(async () => {
  const log = createLog("error");
  installTemporalRuntime(log);
  const dataDir = await mkdtemp(join(tmpdir(), "perennial-decisions-"));
  const stage = await startStage({
    namespace: "default",
    dataDir,
    ports: { api: 0, sandbox: 0 },
    log,
    say: () => undefined,
  });
  try {
    for (const name of process.argv.slice(2)) {
      await STORIES[name]?.(stage, name);
      await explain(stage, name === "a-year-in-short" ? "demo-customer" : name, name);
    }
  } finally {
    await stage.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});

async function explain(stage: Stage, receipt: string, name: string): Promise<void> {
  const program = run("explain", ROOT, [receipt, "--as-test", name], stage.environment);
  const code = await program.ended();
  console.log(program.text());
  if (code !== 0) throw new Error(`explain ends with ${code}`);
}

/** Asks for Pro, then for Scale, and pays that: two checkouts, one subscription. */
async function changeMind(stage: Stage, receipt: string): Promise<void> {
  await openCheckout(stage, receipt, "pro");
  await sandboxControl(stage.sandboxUrl).pay(await openCheckout(stage, receipt, "scale"), "4242424242424242");
  await holds(stage, receipt, "subscriptions.status = 'active'");
}

/** Buys Pro, and a month later the card declines, to the end of the calendar. */
async function stopPaying(stage: Stage, receipt: string): Promise<void> {
  const sandbox = sandboxControl(stage.sandboxUrl);
  await sandbox.pay(await openCheckout(stage, receipt, "pro"), "4242424242424242");
  await holds(stage, receipt, "subscriptions.status = 'active'");
  const customer = await withStage(stage, ({ pool }) =>
    pool.query<{ id: string }>("select stripe_customer_id as id from customers where receipt = $1", [
      receipt,
    ]),
  );
  await sandbox.putCard(customer.rows[0]?.id ?? "", "4000000000000341");
  await sandbox.advance({ months: 1, days: 16 });
  await holds(stage, receipt, "subscriptions.status = 'canceled'");
}

/** Asks for a checkout and lets it expire. */
async function neverPay(stage: Stage, receipt: string): Promise<void> {
  await openCheckout(stage, receipt, "pro");
  await sandboxControl(stage.sandboxUrl).advance({ hours: 48 });
  await holds(stage, receipt, "checkouts.state = 'expired'");
}

async function openCheckout({ apiUrl, environment }: Stage, receipt: string, tier: string): Promise<string> {
  const answer = await fetch(`${apiUrl}/api/billing/create-checkout`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${environment["BILLING_API_KEY"] ?? ""}`,
      "idempotency-key": randomUUID(),
      "content-type": "application/json",
    },
    body: JSON.stringify({ receipt, tier }),
  });
  return z.object({ checkout_url: z.string() }).parse(await answer.json()).checkout_url;
}

/** Waits until something holds of the customer's checkouts or subscriptions, and every event has its end. */
async function holds(stage: Stage, receipt: string, condition: string): Promise<void> {
  const held = await withStage(stage, ({ pool }) =>
    until(
      async () => {
        const { rowCount } = await pool.query(
          `select from customers join checkouts on checkouts.customer_id = customers.id
           left join subscriptions on subscriptions.id = checkouts.subscription_id
           where receipt = $1 and ${condition}
             and not exists (select from webhook_events where state = 'received')`,
          [receipt],
        );
        return rowCount === 0 ? undefined : true;
      },
      { limitMs: 30_000 },
    ),
  );
  if (held === undefined) throw new Error(`${receipt}: it did not come true that ${condition}`);
}
