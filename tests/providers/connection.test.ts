import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Stripe } from "stripe";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { PaymentProvider } from "../../providers/provider.ts";
import { beginErrand } from "../../providers/stripe/ask.ts";
import { createStripeProvider } from "../../providers/stripe/stripe-provider.ts";
import { object, SUBSCRIPTION } from "./stripe-fixtures.ts";
import { failure, list, startStripe } from "./stripe-server.ts";

const REQUEST = { name: "create_customer", customerId: "c", email: null } as const;
const CREATE = "POST /v1/customers";
const MADE = { body: { id: "cus_1", object: "customer" } };
const LOOK = { subscriptionId: SUBSCRIPTION, sessionId: null, named: [] };

const create = (provider: PaymentProvider) => provider.call(REQUEST, {}, "key/1");

/** How long something takes, in milliseconds. */
async function timed(work: Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work;
  return performance.now() - begin;
}

/** Long enough for two tries, each with time to spare on a busy machine. */
const LIMIT = { limitMs: 2_000 };

describe.concurrent("the connection", () => {
  it.for([
    ["a fault of Stripe", failure(500, { type: "api_error" })],
    ["a conflict", failure(409, {})],
    ["a cut connection", "reset"],
  ] as const)(
    "R6: tries %s once more, under the same key",
    async ([_what, reply], { onTestFinished: atEnd }) => {
      const stripe = await startStripe(atEnd);
      stripe.script(CREATE, reply, MADE);
      expect(await create(stripe.provider())).toMatchObject({ providerCustomerId: "cus_1" });
      expect(stripe.asked.map(({ headers }) => headers["idempotency-key"])).toEqual(["key/1", "key/1"]);
    },
  );

  it.for([
    ["a fault that stays", failure(500, { type: "api_error" }), 2, "http_500"],
    ["a connection that is always cut", "reset", 2, "ECONNRESET"],
    ["too many requests", failure(429, {}), 1, "http_429"],
  ] as const)(
    "gives up on %s, without a storm",
    async ([_what, reply, times, code], { onTestFinished: atEnd }) => {
      const stripe = await startStripe(atEnd);
      stripe.script(CREATE, reply);
      await expect(create(stripe.provider())).rejects.toMatchObject({ kind: "unavailable", code });
      expect(stripe.requests()).toHaveLength(times);
    },
  );

  it("says unavailable when nobody listens", async ({ onTestFinished: atEnd }) => {
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    await new Promise((resolve) => server.close(resolve));
    const provider = (await startStripe(atEnd)).provider({ apiBase: `http://127.0.0.1:${port}` });
    await expect(create(provider)).rejects.toMatchObject({ kind: "unavailable", code: "ECONNREFUSED" });
  });

  it("R7: waits for a silent Stripe twice, and not longer than the limit", async ({
    onTestFinished: atEnd,
  }) => {
    const stripe = await startStripe(atEnd);
    stripe.script(CREATE, "silence");
    const refused = expect(create(stripe.provider(LIMIT))).rejects.toMatchObject({
      kind: "unavailable",
      code: "ETIMEDOUT",
    });
    expect(await timed(refused)).toBeLessThan(4_000);
    expect(stripe.requests()).toHaveLength(2);
  });

  it("R7: does not wait longer for a Stripe that trickles", async ({ onTestFinished: atEnd }) => {
    const stripe = await startStripe(atEnd);
    stripe.script(CREATE, "trickle");
    const refused = expect(create(stripe.provider(LIMIT))).rejects.toMatchObject({
      kind: "unavailable",
      code: "ETIMEDOUT",
    });
    expect(await timed(refused)).toBeLessThan(4_000);
  });

  it("R7: holds all requests of one look to the limit together, and asks nothing after it", async ({
    onTestFinished: atEnd,
  }) => {
    const stripe = await startStripe(atEnd);
    stripe.script("GET /v1/checkout/sessions/cs_1", failure(500, {}), {
      body: object("checkout.session.completed"),
    });
    stripe.script(`GET /v1/subscriptions/${SUBSCRIPTION}`, "trickle");
    stripe.script("GET /v1/invoices", list([]));
    const look = stripe.provider(LIMIT).look({ ...LOOK, sessionId: "cs_1" });
    const refused = expect(look).rejects.toMatchObject({ kind: "unavailable", code: "ETIMEDOUT" });
    expect(await timed(refused)).toBeLessThan(4_000);
    expect(stripe.requests()).toHaveLength(4);
  });

  it("R7: sends nothing for an errand whose time is over", async () => {
    const ask = beginErrand(new Stripe("sk_test_x"), 0);
    let isSent = false;
    const late = ask(() => {
      isSent = true;
      return Promise.resolve({ object: "customer" });
    });
    await expect(late).rejects.toMatchObject({ kind: "unavailable", code: "ETIMEDOUT" });
    expect(isSent).toBe(false);
  });

  it("gives each call its own limit", async ({ onTestFinished: atEnd }) => {
    const stripe = await startStripe(atEnd);
    stripe.script(CREATE, failure(500, {}), MADE, failure(500, {}), MADE);
    const provider = stripe.provider(LIMIT);
    await create(provider);
    expect(await create(provider)).toMatchObject({ providerCustomerId: "cus_1" });
  });
});

describe("what Stripe is told", () => {
  it("pins the API version that it can read, and tells Stripe nothing of this machine", async () => {
    const folder = mkdtempSync(join(tmpdir(), "stripe-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    vi.stubEnv("XDG_CONFIG_HOME", folder);
    onTestFinished(() => void vi.unstubAllEnvs());
    const stripe = await startStripe();
    stripe.script(CREATE, MADE);
    const provider = stripe.provider();
    await create(provider);
    await create(provider);
    expect(existsSync(folder) && readdirSync(folder)).toEqual([]);
    for (const { headers } of stripe.asked) {
      expect(headers["stripe-version"]).toBe("2026-10-28.endive");
      expect(headers).not.toHaveProperty("x-stripe-client-telemetry");
      const agent: unknown = JSON.parse(String(headers["x-stripe-client-user-agent"]));
      expect(agent).not.toHaveProperty("telemetry_id");
      expect(agent).not.toHaveProperty("uname");
    }
  });
});

describe("the address of Stripe's API", () => {
  it.each(["localhost", "127.0.0.1"])("may be any host and port: %s", async (host) => {
    const stripe = await startStripe();
    stripe.script(CREATE, MADE);
    const { port } = new URL(stripe.url);
    await create(stripe.provider({ apiBase: `http://${host}:${port}` }));
    expect(stripe.asked[0]?.headers.host).toBe(`${host}:${port}`);
  });

  it("is spoken to in TLS where it says https", async () => {
    const first = new Promise<number | undefined>((resolve) => {
      const server = createServer((socket) => {
        socket.on("error", () => {});
        socket.once("data", (data: Buffer) => {
          resolve(data[0]);
          socket.destroy();
        });
      });
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        const port = typeof address === "object" ? address?.port : 0;
        const settings = { secretKey: "sk_test_x", webhookSecrets: [], limitMs: 1_200 };
        create(createStripeProvider({ ...settings, apiBase: `https://127.0.0.1:${port}/` })).catch(() => {});
      });
      onTestFinished(() => void server.close());
    });
    // 0x16 begins a TLS handshake.
    expect(await first).toBe(0x16);
  });

  it.each([
    "http://127.0.0.1:1/prefix",
    "http://user:word@127.0.0.1:1",
    "http://127.0.0.1:1?a=b",
    "ftp://127.0.0.1:1",
    "127.0.0.1:1",
    "somewhere",
  ])("is refused as %s, which would silently be another", (apiBase) => {
    const settings = { secretKey: "sk_test_x", webhookSecrets: [], apiBase };
    expect(() => createStripeProvider(settings)).toThrow(TypeError);
  });
});
