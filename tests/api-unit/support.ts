import { pino } from "pino";
import { createApp } from "../../api/app.ts";
import type { AppDeps } from "../../api/deps.ts";
import { startServer } from "../../api/server.ts";
import type { PaymentProvider } from "../../providers/provider.ts";
import { WebhookRejected } from "../../providers/provider.ts";
import type { Pool } from "../../store/pool.ts";
import { createPool } from "../../store/pool.ts";
import type { Gateway } from "../../temporal/gateway.ts";
import { TemporalAway } from "../../temporal/gateway.ts";

export const API_KEY = "key-of-the-tests";
export const ADMIN_TOKEN = "token-of-the-tests";

/** A pool whose server is nowhere: port 9 of this machine refuses. */
const absentPool = (): Pool => createPool("postgresql://nobody@127.0.0.1:9/none", () => {});

/** Temporal is away. */
const absentGateway: Gateway = {
  wake() {},
  wakeNow: () => Promise.reject(new TemporalAway("away")),
  route() {},
  routeNow: () => Promise.reject(new TemporalAway("away")),
  openCheckout: () => Promise.reject(new TemporalAway("away")),
  command: () => Promise.reject(new TemporalAway("away")),
  isUp: () => Promise.resolve(false),
  close: () => Promise.resolve(),
};

/** A provider that verifies what says `signed`, and else is never asked. */
const provider: PaymentProvider = {
  name: "stripe",
  verify(raw, headers) {
    if (headers["stripe-signature"] !== "signed") throw new WebhookRejected("bad_signature");
    return {
      id: `evt_${raw.length}`,
      type: "invoice.paid",
      apiVersion: null,
      livemode: false,
      payload: { bytes: raw.length },
    };
  },
  interest: () => ({ kind: "unreadable", why: "a test" }),
  look: () => Promise.reject(new Error("not asked in these tests")),
  trace: () => Promise.resolve(null),
  parameters: () => ({}),
  call: () => Promise.reject(new Error("not asked in these tests")),
  find: () => Promise.resolve(null),
  payLink: () => Promise.resolve(null),
  listEvents: () => Promise.reject(new Error("not asked in these tests")),
  listSubscriptions: () => Promise.reject(new Error("not asked in these tests")),
  preview: () => Promise.reject(new Error("not asked in these tests")),
  portal: () => Promise.reject(new Error("not asked in these tests")),
  invoices: () => Promise.reject(new Error("not asked in these tests")),
};

/** The API on a free port with nothing behind it, and the lines that it logs. */
export async function startApi(overrides: Partial<AppDeps> = {}): Promise<{
  readonly url: string;
  readonly lines: readonly string[];
  stop(): Promise<void>;
}> {
  const lines: string[] = [];
  const pool = overrides.pool ?? absentPool();
  const app = createApp({
    settings: {
      publicUrl: "http://127.0.0.1",
      apiKey: API_KEY,
      adminToken: ADMIN_TOKEN,
      stripePublishableKey: null,
      defaultProvider: "stripe",
      checkoutsPerMinute: 3,
    },
    pool,
    providers: new Map([["stripe", provider]]),
    gateway: absentGateway,
    channels: [],
    deliverAlerts: () => Promise.resolve(),
    log: pino({ level: "debug" }, { write: (line: string) => void lines.push(line) }),
    ...overrides,
  });
  const server = await startServer(app, { host: "127.0.0.1", port: 0 });
  return {
    url: `http://127.0.0.1:${server.port}`,
    lines,
    async stop() {
      await server.stop();
      await pool.end();
    },
  };
}

export const basic = (token: string): string => `Basic ${Buffer.from(`anyone:${token}`).toString("base64")}`;
