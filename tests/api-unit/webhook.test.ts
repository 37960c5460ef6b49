import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startApi } from "./support.ts";

const MIB = 1024 * 1024;

describe("POST /webhook/:provider", () => {
  let api: Awaited<ReturnType<typeof startApi>>;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.stop());

  it("knows only the providers that are set up", async () => {
    for (const name of ["razorpay", "paypal"]) {
      const response = await fetch(`${api.url}/webhook/${name}`, { method: "POST", body: "{}" });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ error: "unknown_provider" });
    }
  });

  it("answers 400 with the reason to what cannot be verified", async () => {
    const response = await fetch(`${api.url}/webhook/stripe`, { method: "POST", body: "{}" });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: "webhook_rejected", reason: "bad_signature" });
  });

  it("R1: answers 503 to a genuine event while Postgres is away", async () => {
    const response = await fetch(`${api.url}/webhook/stripe`, {
      method: "POST",
      body: "x".repeat(MIB),
      headers: { "Stripe-Signature": "signed" },
    });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ error: "database_unavailable" });
  });

  it("answers 413 to one byte more than 1 MiB, whether its length was told or not", async () => {
    const told = await fetch(`${api.url}/webhook/stripe`, { method: "POST", body: "x".repeat(MIB + 1) });
    expect(told.status).toBe(413);
    expect(await postInChunks(`${api.url}/webhook/stripe`, 17)).toBe(413);
  });
});

/** Posts chunks of 64 KiB without a Content-Length. */
function postInChunks(url: string, chunks: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST" }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on("error", reject);
    for (let index = 0; index < chunks; index += 1) sent.write(Buffer.alloc(MIB / 16));
    sent.end();
  });
}
