import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publishCatalog } from "../../store/catalogs.ts";
import { transaction } from "../../store/pool.ts";
import { control, eventually, subscribe } from "../setup/customer.ts";
import { TEST_CATALOG } from "../setup/database.ts";
import { ADMIN_TOKEN, type System, startSystem } from "../setup/system.ts";
import { deliver, eventOf } from "./deliver.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem({ sweepEveryMs: 1_000 });
});
afterAll(() => system.stop());

const basic = (password: string): string => `Basic ${Buffer.from(`maria:${password}`).toString("base64")}`;

const get = (query = "", authorization = basic(ADMIN_TOKEN)): Promise<Response> =>
  fetch(`${system.apiUrl}/admin/webhooks${query}`, { headers: { authorization } });

/** Sends the form that the page has for an event. */
async function send(id: string, action: "replay" | "ignore", fields: Readonly<Record<string, string>> = {}) {
  const page = await (await get()).text();
  const token = /name="token" value="([^"]+)"/.exec(page)?.[1] ?? "";
  const response = await fetch(`${system.apiUrl}/admin/webhooks/stripe/${id}/${action}`, {
    method: "POST",
    headers: { authorization: basic(ADMIN_TOKEN) },
    body: new URLSearchParams({ token, ...fields }),
    redirect: "manual",
  });
  return { status: response.status, location: response.headers.get("Location") };
}

const eventRow = async (id: string) => {
  const { rows } = await system.database.pool.query<{
    state: string;
    reason: string | null;
    attempts: number;
  }>("select state, reason, attempts from webhook_events where id = $1", [id]);
  return rows[0];
};

const becomes = (id: string, state: string, attempts: number) =>
  eventually(`${id} is ${state} after ${attempts} attempts`, async () => {
    const row = await eventRow(id);
    return row?.state === state && row.attempts === attempts && row;
  });

/** An event that cannot be read, and so is parked. */
async function parked(): Promise<string> {
  const event = eventOf("invoice.paid", { object: "invoice", id: null, note: "<script>alert(1)</script>" });
  await deliver(system, event);
  await becomes(event.id, "parked", 1);
  return event.id;
}

describe("GET /admin/webhooks", () => {
  it("asks for the admin token, and tells nothing without it", async () => {
    for (const wrong of [basic("wrong"), basic(""), `Bearer ${ADMIN_TOKEN}`, ""]) {
      const response = await get("", wrong);
      expect([response.status, response.headers.get("WWW-Authenticate")]).toEqual([
        401,
        'Basic realm="perennial", charset="UTF-8"',
      ]);
      expect(await response.text()).not.toContain("evt_");
    }
  });

  it("lists the events with state, reason and time, newest first, and by state", async () => {
    const odd = await parked();
    const noise = eventOf("customer.created", { id: "cus_1" });
    await deliver(system, noise);
    const page = await (await get()).text();
    expect(page.indexOf(noise.id)).toBeLessThan(page.indexOf(odd));
    expect(page).toContain("nothing is decided from customer.created");
    expect(page).toMatch(/cannot read data\.object\.id|cannot read id/);
    expect(page).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);

    const ofParked = await (await get("?state=parked")).text();
    expect([ofParked.includes(odd), ofParked.includes(noise.id)]).toEqual([true, false]);
    const ofApplied = await (await get("?state=applied")).text();
    expect(ofApplied).toContain("No event is applied.");
    for (const nonsense of ["nonsense", "constructor", "__proto__"]) {
      const all = await (await get(`?state=${nonsense}&notice=${nonsense}`)).text();
      expect([all.includes(noise.id), all.includes('role="status"')]).toEqual([true, false]);
    }
  });

  it("is a page without script that no other page can frame, and that nobody keeps", async () => {
    const { headers } = await get();
    expect(headers.get("Content-Security-Policy")).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    );
    expect(headers.get("Cache-Control")).toBe("no-store");
    expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
    expect(headers.get("Referrer-Policy")).toBe("no-referrer");
  });
});

describe("what an operator does about an event", () => {
  it("R2: replays a parked one: it is tried again, and parked again while nothing is mended", async () => {
    const id = await parked();
    expect(await send(id, "replay", { state: "parked" })).toEqual({
      status: 303,
      location: "/admin/webhooks?notice=replayed&state=parked",
    });
    await becomes(id, "parked", 2);
  });

  it("R2: replays a parked one after the cause is mended: it is applied", async () => {
    const { row } = await subscribe(system);
    const { providerSubscriptionId: subscription, providerCustomerId: customer } = row.subscription.terms;
    await control(system, "POST", "/idle");
    const publish = (tiers: typeof TEST_CATALOG.body.tiers, name: string): Promise<number> =>
      transaction(system.database.pool, (db) => publishCatalog(db, { ...TEST_CATALOG.body, tiers }, name));
    await publish(
      TEST_CATALOG.body.tiers.filter(({ name }) => name !== "pro"),
      "pro is forgotten",
    );
    const event = eventOf("customer.subscription.updated", { id: subscription, customer });
    await deliver(system, event);
    expect(await becomes(event.id, "parked", 1)).toMatchObject({
      reason: expect.stringContaining("price_pro_monthly is in no tier"),
    });
    await publish(TEST_CATALOG.body.tiers, "pro is back");
    await send(event.id, "replay");
    expect(await becomes(event.id, "applied", 2)).toMatchObject({ reason: null });
  });

  it("R2: ignores one for a reason, and not without; what has ended stays as it is", async () => {
    const id = await parked();
    expect((await send(id, "ignore", { reason: "  " })).location).toContain("notice=no_reason");
    expect(await eventRow(id)).toMatchObject({ state: "parked" });
    expect(await send(id, "ignore", { reason: " a test of Stripe's " })).toEqual({
      status: 303,
      location: "/admin/webhooks?notice=ignored",
    });
    expect(await eventRow(id)).toMatchObject({ state: "ignored", reason: "a test of Stripe's" });
    expect((await send(id, "ignore", { reason: "again" })).location).toContain("notice=already_ended");
    expect(await eventRow(id)).toMatchObject({ reason: "a test of Stripe's" });
    const page = await (await get("?notice=ignored")).text();
    expect(page).toContain('<p class="notice" role="status">The event is ignored.</p>');
  });

  it("says so of an event that is not there", async () => {
    expect((await send("evt_none", "replay")).location).toContain("notice=not_found");
    expect((await send("evt_none", "ignore", { reason: "x" })).location).toContain("notice=not_found");
    expect((await send("%00", "replay")).status).toBe(404);
  });

  it("is 403 from a form of another site, and 400 with too long a reason: nothing is done", async () => {
    const id = await parked();
    expect((await send(id, "ignore", { token: "forged", reason: "x" })).status).toBe(403);
    expect((await send(id, "ignore", { token: "", reason: "x" })).status).toBe(403);
    expect((await send(id, "ignore", { reason: "x".repeat(501) })).status).toBe(400);
    expect(await eventRow(id)).toMatchObject({ state: "parked", attempts: 1 });
  });
});
