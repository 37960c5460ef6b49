import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Difference } from "../domain/decision-record.ts";
import { decideAgain } from "../domain/decision-record.ts";
import { asSubscriptionId, receipt, type SubscriptionId } from "../domain/ids.ts";
import { PROVIDERS } from "../domain/provider.ts";
import { findCheckoutOf } from "../store/checkouts.ts";
import { findCustomerByReceipt } from "../store/customers.ts";
import { livesOfCustomer } from "../store/overview.ts";
import { createPool, type Pool } from "../store/pool.ts";
import { findSubscription, subscriptionByProviderId } from "../store/subscriptions.ts";
import { decisionsOf, type RecordedEntry } from "../store/timeline.ts";
import { ConfigError, readMigrationConfig } from "./config.ts";
import { type DecisionFixture, scrub } from "./explain-scrub.ts";
import { readWish, USAGE } from "./explain-wish.ts";
import { main } from "./main.ts";
import { environmentOrStage } from "./stage-folder.ts";

/** `npm run explain`: why a customer is in this state, and whether today's code would say the same. */
await main(async () => {
  const wish = readWish(process.argv.slice(2));
  if (wish === undefined) {
    console.log(USAGE);
    return;
  }
  // All that is needed is the database, as for a migration.
  const { DATABASE_URL } = readMigrationConfig(environmentOrStage(process.env));
  const pool = createPool(DATABASE_URL, () => undefined);
  try {
    const ids = await livesNamed(pool, wish.name);
    if (ids.length === 0) throw new ConfigError(`There is no subscription or customer ${wish.name}`);
    const lives: (readonly RecordedEntry[])[] = [];
    for (const id of ids) lives.push(await decisionsOf(pool, id));
    const different = ids
      .map((id, index) => tell(id, lives[index] ?? []))
      .reduce((sum, each) => sum + each, 0);
    if (wish.asTest !== undefined) await writeFixture(wish.asTest, lives.flat());
    if (different > 0) process.exitCode = 1;
  } finally {
    await pool.end();
  }
});

/** By our id, by a provider's, or all of a customer's by its receipt. */
async function livesNamed(pool: Pool, name: string): Promise<readonly SubscriptionId[]> {
  const id = asSubscriptionId(name);
  if (id !== undefined && ((await findSubscription(pool, id)) ?? (await findCheckoutOf(pool, id))))
    return [id];
  for (const provider of PROVIDERS) {
    const known = await subscriptionByProviderId(pool, provider, name);
    if (known !== undefined) return [known];
  }
  const customer = /^[^\s@\0]{1,200}$/.test(name)
    ? await findCustomerByReceipt(pool, receipt(name))
    : undefined;
  return customer === undefined ? [] : livesOfCustomer(pool, customer.id);
}

/** Prints one life; answers how many of its decisions would differ. */
function tell(id: SubscriptionId, entries: readonly RecordedEntry[]): number {
  console.log(`subscription ${id}`);
  let different = 0;
  let unrecorded = 0;
  for (const entry of entries) {
    const { at, version, from, to, why, catalogVersion, codeVersion } = entry;
    const change = from === to ? (to ?? "-") : `${from ?? "-"} → ${to ?? "-"}`;
    console.log(`${new Date(at).toISOString()}  v${version}  ${wokenBy(entry)}`);
    console.log(`    ${change}: ${why}  (catalog ${catalogVersion}, code ${codeVersion})`);
    if (entry.decision === null) {
      unrecorded += 1;
      continue;
    }
    const found = decideAgain(entry.inputs, entry.catalog, entry.decision);
    if (found.length > 0) different += 1;
    for (const each of found) console.log(`    DIFFERS TODAY  ${wordsOf(each)}`);
  }
  const again = entries.length - unrecorded;
  const older = unrecorded === 0 ? "" : `; of ${unrecorded} older ones the outcome was not kept`;
  console.log(`${again} decisions made again under today's code: ${different} would differ${older}\n`);
  return different;
}

function wokenBy({ cause }: RecordedEntry): string {
  const events = cause.events.map(({ type, id }) => `${type} ${id}`);
  const commands = cause.commands.map(
    ({ kind, askedBy, why }) => `${kind} by ${askedBy}${why === null ? "" : ` (${why})`}`,
  );
  return [cause.woken_by, ...events, ...commands].join(", ");
}

function wordsOf({ what, was, wouldBe }: Difference): string {
  return `${what}: was ${JSON.stringify(was ?? null)}, would be ${JSON.stringify(wouldBe ?? null)}`;
}

/** Writes the decisions, about nobody, for the tests to make again. */
async function writeFixture(name: string, entries: readonly RecordedEntry[]): Promise<void> {
  const decisions = entries.flatMap(({ version, inputs, decision }) =>
    decision === null ? [] : [{ version, inputs, decision }],
  );
  if (decisions.length === 0) throw new ConfigError("There is no decision whose outcome was kept");
  const catalogs = new Map(entries.map(({ catalog }) => [catalog.version, catalog]));
  const fixture: DecisionFixture = { catalogs: [...catalogs.values()], decisions };
  const scrubbed = scrub(fixture);
  if (JSON.stringify(shapes(scrubbed)) !== JSON.stringify(shapes(fixture))) {
    throw new ConfigError("Without its ids and words it would be decided otherwise: no fixture was written");
  }
  const folder = join(process.cwd(), "tests/fixtures/decisions");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(scrubbed, null, 1)}\n`);
  console.log(`written: tests/fixtures/decisions/${name}.json`);
}

/** Where the decisions of a fixture differ today: the same before and after it is scrubbed. */
function shapes({ catalogs, decisions }: DecisionFixture): readonly (readonly string[])[] {
  return decisions.map(({ inputs, decision }) => {
    const catalog = catalogs.find(({ version }) => version === inputs.catalog);
    return catalog === undefined ? [] : decideAgain(inputs, catalog, decision).map(({ what }) => what);
  });
}
