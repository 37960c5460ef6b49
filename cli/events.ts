import { type EventOperator, ignore, replay } from "../api/operate-events.ts";
import { findEvent, listEvents } from "../store/events.ts";
import { createPool, type Pool } from "../store/pool.ts";
import { createClient } from "../temporal/connect.ts";
import { createGateway } from "../temporal/gateway.ts";
import { ConfigError, readWorkerConfig } from "./config.ts";
import { type EventWish, type ListWish, readWish, USAGE } from "./event-wish.ts";
import { main } from "./main.ts";
import { createProviders } from "./outside.ts";
import { environmentOrStage } from "./stage-folder.ts";

/** `npm run events`: what the admin page does, for terminals and scripts. */
await main(async () => {
  const wish = readWish(process.argv.slice(2));
  if (wish.action === "help") {
    console.log(USAGE);
    return;
  }
  const config = readWorkerConfig(environmentOrStage(process.env));
  const pool = createPool(config.DATABASE_URL, () => undefined);
  const gateway = createGateway(createClient(config.temporal), () =>
    console.error("Temporal was not told; the sweep takes the event up"),
  );
  try {
    if (wish.action === "list") await list(pool, wish);
    else await operate({ pool, gateway, providers: createProviders(config) }, wish);
  } finally {
    await gateway.close();
    await pool.end();
  }
});

async function list(pool: Pool, { state, limit }: ListWish): Promise<void> {
  for (const event of await listEvents(pool, { limit, ...(state === undefined ? {} : { state }) })) {
    const { provider, id, type, subscriptionId, reason } = event;
    const words = [event.state.padEnd(8), new Date(event.receivedAt).toISOString(), provider, id, type];
    console.log([...words, subscriptionId ?? "-", reason ?? ""].join("  ").trimEnd());
  }
}

async function operate(deps: EventOperator, { action, provider, id, reason }: EventWish): Promise<void> {
  if (action === "show") {
    const event = await findEvent(deps.pool, provider, id);
    if (event === undefined) throw new ConfigError(`There is no event ${id} of ${provider}`);
    console.log(JSON.stringify(event, null, 2));
    return;
  }
  const result =
    action === "replay" ? await replay(deps, provider, id) : await ignore(deps, provider, id, reason);
  console.log(`${id}: ${result}`);
  if (result === "not_found" || result === "no_provider" || result === "already_ended") process.exitCode = 1;
}
