import { parseArgs } from "node:util";
import { ignore, replay } from "../api/operate-events.ts";
import { EVENT_STATES } from "../api/pages/events.ts";
import { PROVIDERS, type Provider } from "../domain/provider.ts";
import { findEvent, listEvents } from "../store/events.ts";
import { createPool } from "../store/pool.ts";
import { createClient } from "../temporal/connect.ts";
import { createGateway } from "../temporal/gateway.ts";
import { ConfigError, readWorkerConfig } from "./config.ts";
import { main } from "./main.ts";
import { createProviders } from "./outside.ts";
import { environmentOrStage } from "./stage-folder.ts";

const USAGE = `The received webhook events, for operators:

  npm run events -- list [--state received|parked|applied|ignored] [--limit 50]
  npm run events -- show <id>
  npm run events -- replay <id>
  npm run events -- ignore <id> --reason "why"

An id that two providers use is told apart by --provider stripe|razorpay. show prints the payload, which may hold
personal data.`;

/** `npm run events`: what the admin page does, for terminals and scripts. */
await main(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      state: { type: "string" },
      limit: { type: "string", default: "50" },
      provider: { type: "string", default: "stripe" },
      reason: { type: "string" },
    },
  });
  const [action, id] = positionals;
  const provider = PROVIDERS.find((each) => each === values.provider);
  const state = EVENT_STATES.find((each) => each === values.state);
  const isList = action === "list" && (values.state === undefined || state !== undefined);
  const isOne = id !== undefined && ["show", "replay", "ignore"].includes(action ?? "");
  if (provider === undefined || (!isList && !isOne)) throw new ConfigError(USAGE);
  if (action === "ignore" && (values.reason ?? "").trim() === "") {
    throw new ConfigError(`Say why it is ignored: --reason "…"\n\n${USAGE}`);
  }

  const config = readWorkerConfig(environmentOrStage(process.env));
  const pool = createPool(config.DATABASE_URL, () => undefined);
  const gateway = createGateway(createClient(config.temporal), () =>
    console.error("Temporal was not told; the sweep takes the event up"),
  );
  try {
    if (id === undefined) {
      const limit = Math.min(1_000, Math.max(1, Number.parseInt(values.limit, 10) || 50));
      for (const event of await listEvents(pool, { limit, ...(state === undefined ? {} : { state }) })) {
        const { receivedAt, type, subscriptionId, reason } = event;
        const line = [
          event.state.padEnd(8),
          new Date(receivedAt).toISOString(),
          event.provider,
          event.id,
          type,
        ];
        console.log([...line, subscriptionId ?? "-", reason ?? ""].join("  ").trimEnd());
      }
      return;
    }
    await operate(
      { pool, gateway, providers: createProviders(config) },
      action ?? "",
      provider,
      id,
      values.reason,
    );
  } finally {
    await gateway.close();
    await pool.end();
  }
});

async function operate(
  deps: Parameters<typeof replay>[0],
  action: string,
  provider: Provider,
  id: string,
  reason: string | undefined,
): Promise<void> {
  if (action === "show") {
    const event = await findEvent(deps.pool, provider, id);
    if (event === undefined) throw new ConfigError(`There is no event ${id} of ${provider}`);
    console.log(JSON.stringify(event, null, 2));
    return;
  }
  const result =
    action === "replay" ? await replay(deps, provider, id) : await ignore(deps, provider, id, reason ?? "");
  console.log(`${id}: ${result}`);
  if (result === "not_found" || result === "no_provider" || result === "already_ended") process.exitCode = 1;
}
