import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hashOf, parseCheckoutRequest } from "../../api/checkout/request.ts";
import { parseIdempotencyKey } from "../../api/idempotency-key.ts";
import { API_KEY, startApi } from "./support.ts";

describe("POST /api/billing/create-checkout", () => {
  let api: Awaited<ReturnType<typeof startApi>>;
  beforeEach(async () => {
    api = await startApi();
  });
  afterEach(() => api.stop());

  const post = (body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${api.url}/api/billing/create-checkout`, {
      method: "POST",
      body,
      headers: {
        Authorization: `Bearer ${API_KEY}`,
        "Content-Type": "application/json",
        "Idempotency-Key": "one",
        ...headers,
      },
    });
  const good = JSON.stringify({ receipt: "user-1", tier: "pro" });

  it.each([undefined, "Bearer wrong", `Basic ${API_KEY}`, "Bearer "])("answers 401 to %s", async (value) => {
    const response = await fetch(`${api.url}/api/billing/create-checkout`, {
      method: "POST",
      headers: value === undefined ? {} : { Authorization: value },
    });
    expect(response.status).toBe(401);
    expect(response.headers.get("WWW-Authenticate")).toContain("Bearer");
  });

  it.each([
    ["no Idempotency-Key", good, { "Idempotency-Key": "" }, 400, "idempotency_key_required"],
    ["too long a key", good, { "Idempotency-Key": "x".repeat(256) }, 400, "idempotency_key_invalid"],
    ["a broken body", '{"receipt": "maria', {}, 400, "invalid_body"],
    ["a body of another type", good, { "Content-Type": "text/plain" }, 415, "unsupported_media_type"],
    ["too large a body", JSON.stringify({ receipt: "x".repeat(20_000) }), {}, 413, "body_too_large"],
    ["an e-mail for a receipt", '{"receipt":"m@x.org","tier":"pro"}', {}, 400, "receipt_is_personal"],
    ["no Postgres", good, {}, 503, "database_unavailable"],
  ])("answers %s", async (_what, body, headers, status, error) => {
    const response = await post(body, headers);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code: status, error });
    expect(api.lines.join("")).not.toMatch(/maria|m@x\.org/);
  });

  it("limits how often one key may ask", async () => {
    for (let asked = 0; asked < 3; asked += 1) await post("{}");
    const response = await post("{}");
    expect(response.status).toBe(429);
    expect(Number(response.headers.get("Retry-After"))).toBeGreaterThan(0);
  });
});

describe("parseCheckoutRequest", () => {
  it("applies the defaults", () => {
    expect(parseCheckoutRequest({ receipt: "user-1", tier: "pro" })).toEqual({
      receipt: "user-1",
      tier: "pro",
      email: null,
      interval: "month",
      quantity: 1,
    });
  });

  it.each([
    [{ receipt: "u", tier: "pro", coupon: "x" }, "coupon: unknown field"],
    [{ tier: "pro" }, "receipt: "],
    [{ receipt: "u", tier: "pro", interval: "week" }, "interval: "],
    [{ receipt: "u", tier: "pro", quantity: 0 }, "quantity: "],
    [{ receipt: "u", tier: "pro", quantity: 1.5 }, "quantity: "],
    [{ receipt: "u", tier: "pro", email: "nobody" }, "email: "],
    [{ receipt: "a b", tier: "pro" }, "receipt: "],
    [{ receipt: "a\u0000", tier: "pro" }, "receipt: "],
    [[], "object"],
  ])("refuses %j naming the field", (body, words) => {
    expect(() => parseCheckoutRequest(body)).toThrow(words);
  });

  it("gives the same hash to the same request, however it was written", () => {
    const short = parseCheckoutRequest({ tier: "pro", receipt: "u" });
    const long = parseCheckoutRequest({
      receipt: "u",
      tier: "pro",
      interval: "month",
      quantity: 1,
      email: null,
    });
    expect(hashOf(short)).toBe(hashOf(long));
    expect(hashOf(short)).not.toBe(hashOf({ ...short, quantity: 2 }));
  });

  it("takes 255 printable characters for an Idempotency-Key", () => {
    expect(parseIdempotencyKey("k".repeat(255))).toHaveLength(255);
    expect(() => parseIdempotencyKey("kéy")).toThrow("printable");
  });
});
