import type { Logger } from "pino";
import { deliverAlerts } from "../activities/alerting.ts";
import { createApp } from "../api/app.ts";
import type { AppDeps } from "../api/deps.ts";
import { startServer } from "../api/server.ts";
import { startWatchman } from "../api/watchman.ts";
import { createPool } from "../store/pool.ts";
import { createClient } from "../temporal/connect.ts";
import { createGateway } from "../temporal/gateway.ts";
import type { ApiConfig } from "./config.ts";
import { createChannels, createProviders } from "./outside.ts";

/** How often the watchman looks at the oldest unapplied event, in milliseconds. */
const WATCH_EVERY_MS = 15_000;

export interface ApiProcess {
  readonly url: string;
  stop(): Promise<void>;
}

/** Puts the API together and serves it. `decorate` changes what it works with: for tests that break it on purpose. */
export async function startApi(
  config: ApiConfig,
  log: Logger,
  decorate: (deps: AppDeps) => AppDeps = (deps) => deps,
): Promise<ApiProcess> {
  const pool = createPool(config.DATABASE_URL, (err) =>
    log.warn({ err }, "an idle database connection broke"),
  );
  const gateway = createGateway(createClient(config.temporal), (what, err) =>
    log.warn({ err, what }, "not told to Temporal, left to the sweep"),
  );
  const providers = createProviders(config);
  const channels = createChannels(config, { pool, providers }, log);
  const deps = decorate({
    settings: {
      publicUrl: config.PUBLIC_URL.replace(/\/$/, ""),
      apiKey: config.BILLING_API_KEY,
      adminToken: config.ADMIN_TOKEN,
      stripePublishableKey: config.STRIPE_PUBLISHABLE_KEY ?? null,
      defaultProvider: config.BILLING_DEFAULT_PROVIDER,
      checkoutsPerMinute: config.CHECKOUTS_PER_MINUTE,
    },
    pool,
    providers,
    gateway,
    channels,
    deliverAlerts: async () => {
      try {
        await deliverAlerts({ pool, channels, log }, null);
      } catch (err) {
        log.warn({ err }, "alerts not delivered, left to the sweep");
      }
    },
    log,
  });
  const server = await startServer(createApp(deps), { host: config.HOST, port: config.PORT });
  const watchman = startWatchman(deps, {
    everyMs: WATCH_EVERY_MS,
    limitSeconds: config.EVENTS_WAITING_ALARM_SECONDS,
  });
  return {
    url: `http://${config.HOST}:${server.port}`,
    async stop() {
      await server.stop();
      await watchman.stop();
      await gateway.close();
      await pool.end();
    },
  };
}
