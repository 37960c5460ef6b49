import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { control, createCheckout, reaches, subscribe } from "../setup/customer.ts";
import { type System, startSystem } from "../setup/system.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

const PAGE = "text/html,application/xhtml+xml,*/*;q=0.8";

const get = (path: string, accept = "*/*"): Promise<Response> =>
  fetch(`${system.apiUrl}/api/billing/${path}`, { headers: { accept } });

/** A checkout that was begun, and the provider's name of its session. */
async function begin(receipt: string) {
  const { body } = await createCheckout(system, { receipt, tier: "pro", email: "zoe@example.com" });
  const session = String(body["checkout_url"]).split("/").at(-1) ?? "";
  return { session, checkout: String(body["checkout_id"]), subscription: String(body["subscription_id"]) };
}

const pay = (session: string): Promise<unknown> =>
  control(system, "POST", `/checkouts/${session}/pay`, { card: "4242424242424242" });

const holdWebhooks = (hold: boolean): Promise<unknown> =>
  control(system, "POST", "/knobs", { delivery: { hold } });

describe("GET /api/billing/success", () => {
  it("shows the real state within 2 s, also before any webhook has come", async () => {
    await holdWebhooks(true);
    const { session, subscription } = await begin("paid");
    await pay(session);
    const startedAt = performance.now();
    const response = await get(`success?session_id=${session}`);
    expect(performance.now() - startedAt).toBeLessThan(2_500);
    expect(response.headers.get("Content-Type")).toContain("application/json");
    expect(response.headers.get("Vary")).toBe("Accept");
    expect(await response.json()).toEqual({
      status: "ok",
      tier: "pro",
      subscription_id: subscription,
      subscription_status: "active",
      access: true,
      current_period_end: expect.stringMatching(/Z$/),
      message: "Your subscription to Pro is active.",
    });
    const { rows } = await system.database.pool.query("select from webhook_events");
    expect(rows).toEqual([]);
    await holdWebhooks(false);
    await control(system, "POST", "/deliveries/release");
  });

  it("is a page for a browser: without script, and without personal data", async () => {
    const { session, subscription } = await begin("paid-in-a-browser");
    await pay(session);
    const response = await get(`success?session_id=${session}`, PAGE);
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Type")).toContain("text/html");
    expect(response.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    const page = await response.text();
    expect(page).toContain("Your subscription to Pro is active.");
    expect(page).not.toMatch(/zoe|paid-in-a-browser|<script/);
    expect(page).not.toContain(subscription);
  });

  it("says so when nothing was paid, after 2 s at most", async () => {
    const { session } = await begin("unpaid");
    const startedAt = performance.now();
    const body: unknown = await (await get(`success?session_id=${session}`)).json();
    expect(performance.now() - startedAt).toBeLessThan(2_500);
    expect(body).toMatchObject({ subscription_status: null, access: false });
    expect(JSON.stringify(body)).toContain("Nothing is lost");
  });

  it("says that it has ended when it has", async () => {
    const { id } = await subscribe(system, { receipt: "left" });
    await system.gateway.command(id, "cancel", randomUUID(), { by: "tests" }, 10_000);
    await reaches(system, id, "canceled");
    const { rows } = await system.database.pool.query<{ session_id: string }>(
      "select session_id from checkouts where subscription_id = $1",
      [id],
    );
    const body: unknown = await (await get(`success?session_id=${rows[0]?.session_id}`)).json();
    expect(body).toMatchObject({ subscription_status: "canceled", access: false });
  });

  it.each(["", "?session_id=", "?session_id=cs_test_unknown", "?session_id=%00", "?session_id=a%20b"])(
    "answers 404 to %j, as JSON and as a page",
    async (query) => {
      const json = await get(`success${query}`);
      expect([json.status, await json.json()]).toEqual([
        404,
        expect.objectContaining({ error: "unknown_checkout", code: 404 }),
      ]);
      const page = await get(`success${query}`, PAGE);
      expect([page.status, await page.text()]).toEqual([404, expect.stringContaining("no such checkout")]);
      expect(page.headers.get("Content-Type")).toContain("text/html");
    },
  );

  it("shows what is known while the worker is away", async () => {
    const { session } = await begin("nobody-works");
    await system.stopWorker();
    try {
      await pay(session);
      const startedAt = performance.now();
      const response = await get(`success?session_id=${session}`);
      expect(performance.now() - startedAt).toBeLessThan(2_500);
      expect([response.status, await response.json()]).toEqual([
        200,
        expect.objectContaining({ subscription_status: null, access: false }),
      ]);
    } finally {
      await system.startWorker();
    }
  });
});

describe("GET /api/billing/cancel", () => {
  it("says that nothing was charged and the checkout stays open, as JSON and as a page", async () => {
    const { checkout } = await begin("turned-back");
    const json = await get(`cancel?checkout=${checkout}`);
    expect([json.status, await json.json()]).toEqual([
      200,
      {
        status: "ok",
        tier: "pro",
        checkout_id: checkout,
        checkout_state: "open",
        message: expect.stringContaining("Nothing was charged"),
      },
    ]);
    const page = await (await get(`cancel?checkout=${checkout}`, PAGE)).text();
    expect(page).toContain("Nothing was charged");
    expect(page).not.toContain("zoe");
  });

  it("says that it is closed when another has taken its place", async () => {
    const { checkout } = await begin("changed-mind");
    await createCheckout(system, { receipt: "changed-mind", tier: "scale" });
    const body: unknown = await (await get(`cancel?checkout=${checkout}`)).json();
    expect(body).toMatchObject({ checkout_state: "replaced", message: expect.stringContaining("closed") });
  });

  it("answers 404 to a checkout that is not there", async () => {
    for (const id of [randomUUID(), "", "x", "%00"]) {
      expect((await get(`cancel?checkout=${id}`)).status).toBe(404);
      expect((await get(`cancel?checkout=${id}`, PAGE)).status).toBe(404);
    }
    expect((await get("cancel")).status).toBe(200);
  });
});
