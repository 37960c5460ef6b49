import { setTimeout as pause } from "node:timers/promises";
import type { SubscriptionId } from "../../domain/ids.ts";
import { seeded } from "../../sandbox/random.ts";
import { differences } from "../setup/compare-books.ts";
import { allApplied, control, eventually } from "../setup/customer.ts";
import { failUpgrade, openPage, payAt, payOpenInvoices, refund } from "../setup/customer-acts.ts";
import type { System } from "../setup/system.ts";
import { startWorkerProgram } from "./programs.ts";

const SEED = 11;
const KILLS = 5;
/** A worker lives so long before it is killed, in milliseconds, its start of about 1.5 s included. */
const SHORTEST_LIFE_MS = 1_500;
const LONGEST_LIFE_MS = 3_500;
const LIMIT_MS = 90_000;

interface Bought {
  readonly id: SubscriptionId;
  readonly provider: string;
}

/** Four customers' stories, during which one worker after the other is killed at no particular point. */
export async function playWhileKilled(system: System): Promise<void> {
  await control(system, "POST", "/knobs", { delivery: { duplicate: 1, shuffle: SEED } });
  const customers = [buys, fails, leaves, changesHerMind];
  const stories = Promise.all(customers.map((play) => play(system, play.name)));
  // Heard of below; a failure now must not be taken for one that nobody handles.
  stories.catch(() => undefined);
  const random = seeded(SEED);
  for (let kills = 0; kills < KILLS; kills += 1) {
    const worker = await startWorkerProgram(system);
    // The length of the life is what is tested.
    await pause(SHORTEST_LIFE_MS + random() * (LONGEST_LIFE_MS - SHORTEST_LIFE_MS));
    worker.kill();
    await worker.died();
  }
  const worker = await startWorkerProgram(system);
  try {
    await stories;
    await control(system, "POST", "/idle");
    await allApplied(system);
    await eventually("the books agree", async () => (await differences(system)).length === 0, LIMIT_MS);
  } finally {
    await worker.stop();
  }
}

async function buys(system: System, receipt: string): Promise<Bought> {
  const { id, session } = await openPage(system, receipt, "pro", LIMIT_MS);
  return { id, provider: await payAt(system, session) };
}

async function fails(system: System, receipt: string): Promise<void> {
  const { provider } = await buys(system, receipt);
  await failUpgrade(system, provider);
  await pause(500);
  await payOpenInvoices(system, provider);
}

async function leaves(system: System, receipt: string): Promise<void> {
  const { id, provider } = await buys(system, receipt);
  await refund(system, provider, 1_000);
  await eventually("there is something to cancel", async () => await cancel(system, id), LIMIT_MS);
}

/** Asked again with the same id until it is answered. */
async function cancel(system: System, id: SubscriptionId): Promise<boolean> {
  const reply = await system.gateway
    .command(id, "cancel", "leave", { by: "maria" }, 3_000)
    .catch(() => undefined);
  return reply?.state === "done";
}

async function changesHerMind(system: System, receipt: string): Promise<void> {
  await openPage(system, receipt, "scale", LIMIT_MS);
  await buys(system, receipt);
}
