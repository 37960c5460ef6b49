import { get } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiError } from "../../api/api-error.ts";
import { toApiError } from "../../api/middleware/errors.ts";
import { TookTooLong } from "../../api/within.ts";
import { TemporalAway } from "../../temporal/gateway.ts";
import { startApi } from "./support.ts";

describe("toApiError", () => {
  it.each([
    ["a refused connection", Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" })],
    ["a server that shuts down", Object.assign(new Error("terminating connection"), { code: "57P01" })],
    ["a server that starts up", Object.assign(new Error("starting up"), { code: "57P03" })],
    ["a lost connection", Object.assign(new Error("x"), { code: "08006" })],
    ["a statement that timed out", Object.assign(new Error("canceling statement"), { code: "57014" })],
    ["pg's connect time-out", new Error("timeout exceeded when trying to connect")],
    ["pg's read time-out", new Error("Query read timeout")],
    ["a cut connection", new Error("Connection terminated unexpectedly")],
  ])("answers 503 database_unavailable for %s", (_what, error) => {
    expect(toApiError(error)).toMatchObject({ status: 503, error: "database_unavailable" });
  });

  it.each([
    ["Temporal away", new TemporalAway("away")],
    ["our own time running out", new TookTooLong("late")],
  ])("answers 503 outcome_unknown for %s", (_what, error) => {
    const answer = toApiError(error);
    expect(answer).toMatchObject({ status: 503, error: "outcome_unknown" });
    expect(answer.headers).toHaveProperty("Retry-After");
    expect(answer.message).toContain("same Idempotency-Key");
  });

  it("keeps an ApiError and tells nothing of an unknown error", () => {
    const known = new ApiError(418, "teapot", "short and stout");
    expect(toApiError(known)).toBe(known);
    const cause = new Error('duplicate key value violates "secret"');
    const unknown = toApiError(cause);
    expect(unknown).toMatchObject({ status: 500, error: "internal_error", cause });
    expect(unknown.message).not.toContain("secret");
  });
});

describe("every error", () => {
  let api: Awaited<ReturnType<typeof startApi>>;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.stop());

  it("has the one form, with the request id of the caller", async () => {
    const response = await fetch(`${api.url}/nowhere?email=maria@example.com`, {
      headers: { "X-Request-Id": "req-of-caller-1" },
    });
    expect(response.status).toBe(404);
    expect(response.headers.get("X-Request-Id")).toBe("req-of-caller-1");
    expect(await response.json()).toEqual({
      status: "error",
      code: 404,
      error: "not_found",
      message: expect.any(String),
      request_id: "req-of-caller-1",
    });
  });

  const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

  it("is a page for a browser, with the request id to ask by", async () => {
    const response = await fetch(`${api.url}/nowhere`, {
      headers: { Accept: BROWSER, "X-Request-Id": "req-of-browser" },
    });
    expect([response.status, response.headers.get("Vary")]).toEqual([404, "Accept"]);
    expect(response.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
    const page = await response.text();
    expect(page).toContain("<h1>Not Found</h1>");
    expect(page).toContain("Request req-of-browser");
  });

  it("is JSON for a program, whatever its HTTP library claims to like best", async () => {
    const response = await fetch(`${api.url}/webhook/stripe`, {
      method: "POST",
      body: "{}",
      headers: { Accept: "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2" },
    });
    expect([response.status, response.headers.get("Content-Type")]).toEqual([
      400,
      "application/json; charset=utf-8",
    ]);
  });

  it.each(["maria@example.com", "4242424242424242", "4242-4242-4242-4242", "a b c d e f g", "x".repeat(65)])(
    "does not take %s for a request id",
    async (id) => {
      const response = await fetch(`${api.url}/healthz`, { headers: { "X-Request-Id": id } });
      expect(response.headers.get("X-Request-Id")).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it("does not depend on the Host header, which may be anything", async () => {
    const status = await new Promise((resolve, reject) => {
      get(`${api.url}/api/billing/success?session_id=`, { headers: { host: "[" } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on("error", reject);
    });
    expect(status).toBe(404);
  });

  it("answers 405 with the methods that are allowed", async () => {
    const response = await fetch(`${api.url}/api/billing/create-checkout`);
    expect(response.status).toBe(405);
    expect(response.headers.get("Allow")).toBe("POST");
    expect(await response.json()).toMatchObject({ code: 405, error: "method_not_allowed" });
  });

  it("logs one line a request: the route's pattern and never the address", async () => {
    const before = api.lines.length;
    await fetch(`${api.url}/api/billing/success?session_id=maria@example.com`);
    const [line, ...more] = api.lines.slice(before).map((each): unknown => JSON.parse(each));
    expect(more).toEqual([]);
    expect(line).toMatchObject({ method: "GET", route: "/api/billing/success", status: 404, msg: "request" });
    expect(api.lines.join("")).not.toContain("maria");
  });

  it("says that the process lives, and that it is not ready without Postgres", async () => {
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${api.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      error: "database_unavailable",
      postgres: "down",
      temporal: "down",
    });
  });
});
