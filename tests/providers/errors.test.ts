import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ProviderError } from "../../providers/provider.ts";
import { CUSTOMER, SUBSCRIPTION } from "./stripe-fixtures.ts";
import type { Reply } from "./stripe-server.ts";
import { failure, missing, startStripe } from "./stripe-server.ts";

const REPLAYED = { "Idempotent-Replayed": "true" };
/** Stripe's own word that a repetition is of no use; without it the SDK tries 409 and 5xx a second time. */
const NO_RETRY = { "Stripe-Should-Retry": "false" };

/** What comes of asking for a customer to be made, and how often it was asked. */
async function refusal(reply: Reply): Promise<{ error: ProviderError; times: number }> {
  const stripe = await startStripe();
  stripe.script("POST /v1/customers", reply);
  const request = { name: "create_customer", customerId: "c", email: null } as const;
  try {
    await stripe.provider().call(request, {}, "key");
  } catch (error) {
    if (error instanceof ProviderError) return { error, times: stripe.requests().length };
    throw error;
  }
  throw new Error("it was made");
}

describe("an error of Stripe", () => {
  it.each([
    ["a revoked key", failure(401, { message: "Invalid API Key provided" }), "misconfigured", "http_401"],
    ["an expired key", failure(401, { code: "api_key_expired" }), "misconfigured", "api_key_expired"],
    ["a restricted key", failure(403, { message: "not allowed" }), "misconfigured", "http_403"],
    [
      "a test charge on an account that is live",
      failure(400, { code: "testmode_charges_only" }),
      "misconfigured",
      "testmode_charges_only",
    ],
    [
      "a missing price",
      missing("price: 'price_1'", "line_items[0][price]"),
      "misconfigured",
      "resource_missing",
    ],
    [
      "a price that is no longer sold",
      failure(400, { param: "line_items[0][price]", message: "The price specified is inactive." }),
      "misconfigured",
      "http_400",
    ],
    [
      "a key of the other mode",
      failure(404, { code: "resource_missing", message: "a similar object exists in test mode, but" }),
      "misconfigured",
      "resource_missing",
    ],
    [
      "an address that is not Stripe's",
      failure(404, { message: "Unrecognized URL" }),
      "misconfigured",
      "http_404",
    ],
    ["a missing object", missing("subscription"), "not_found", "resource_missing"],
    ["a missing customer", missing(`customer: '${CUSTOMER}'`, "customer"), "not_found", "resource_missing"],
    ["a wrong parameter", failure(400, { code: "parameter_unknown" }), "refused", "parameter_unknown"],
    [
      "a declined card",
      failure(402, { type: "card_error", code: "card_declined" }),
      "declined",
      "card_declined",
    ],
    [
      "a key used for something else",
      failure(400, { type: "idempotency_error", message: "Keys for idempotent requests" }),
      "refused",
      "http_400",
    ],
    ["too many requests", failure(429, { type: "rate_limit_error" }), "unavailable", "http_429"],
    ["too many requests, in old words", failure(400, { code: "rate_limit" }), "unavailable", "rate_limit"],
    ["a lock", failure(429, { code: "lock_timeout" }, NO_RETRY), "unavailable", "lock_timeout"],
    [
      "a request under way",
      failure(409, { code: "idempotency_key_in_use" }, NO_RETRY),
      "unavailable",
      "idempotency_key_in_use",
    ],
    ["Stripe's own fault", failure(500, { type: "api_error" }, NO_RETRY), "unavailable", "http_500"],
    [
      "a proxy's page",
      { status: 502, headers: NO_RETRY, body: "<html>" },
      "unavailable",
      "unreadable_answer",
    ],
    [
      "a proxy's JSON",
      { status: 502, headers: NO_RETRY, body: { message: "bad gateway" } },
      "unavailable",
      "unreadable_answer",
    ],
    [
      "a proxy's error",
      { status: 502, headers: NO_RETRY, body: { error: "bad gateway" } },
      "unavailable",
      "http_502",
    ],
    [
      "an odd error",
      { status: 400, body: { error: { code: "no name", message: {} } } },
      "refused",
      "http_400",
    ],
    ["an odder error", { body: { error: 7 } }, "unavailable", "unreadable_answer"],
    ["an empty object", { body: {} }, "unavailable", "unreadable_answer"],
    ["null", { body: null }, "unavailable", "unreadable_answer"],
    ["a list", { body: [] }, "unavailable", "unreadable_answer"],
    ["text in quotes", { body: '"OK"' }, "unavailable", "unreadable_answer"],
    ["a number", { body: 7 }, "unavailable", "unreadable_answer"],
    ["nothing", { body: "" }, "unavailable", "unreadable_answer"],
  ])("%s", async (_what, reply, kind, code) => {
    const { error, times } = await refusal(reply);
    expect(error).toMatchObject({ name: "ProviderError", provider: "stripe", kind, code, replayed: false });
    expect(times).toBe(1);
  });

  it.each([
    [500, { type: "api_error" }, "unavailable"],
    [400, { code: "parameter_unknown" }, "refused"],
  ])("R6: that is only repeated, a %i, is said to be", async (status, error, kind) => {
    const replayed = await refusal(failure(status, error, { ...REPLAYED, ...NO_RETRY }));
    expect(replayed.error).toMatchObject({ kind, replayed: true });
  });

  it("is told in Stripe's words, with the parameter and the request's id", async () => {
    const { error } = await refusal(missing("price: 'price_1'", "line_items[0][price]"));
    expect(error.message).toBe(
      "Stripe: No such price: 'price_1' (resource_missing, line_items[0][price], req_1)",
    );
  });

  it.each([
    ["an address", "Invalid email: maria@example.com"],
    ["an odd address", "Invalid email: 'maria lopez@'"],
    ["a key", "Invalid API Key provided: sk_test_mark"],
    ["part of a key", "The provided key 'rk_live_****mark' does not have access"],
    ["a webhook secret", "whsec_mark is no id"],
    ["a client secret", "No such payment_intent: 'pi_1_secret_mark'"],
    ["a card number", "4242 4242 4242 4242 is no token: 4000000000000341"],
  ])("R10: tells nothing of %s that it quotes", async (_what, message) => {
    const { error } = await refusal(failure(400, { message, code: "parameter_invalid" }));
    const all = inspect(error, { depth: 9, showHidden: true });
    for (const mark of ["example.com", "lopez@", "mark", "4242", "4000000000000341"]) {
      expect(all).not.toContain(mark);
    }
    expect(error.message).toContain("[left out]");
  });

  it("R10: tells nothing of what it says of an e-mail address", async () => {
    const { error } = await refusal(
      failure(400, { message: "Invalid email address: maria lopez", code: "email_invalid", param: "email" }),
    );
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("lopez");
    expect(error.message).toContain("email_invalid");
  });

  it("comes as one from a look as well", async () => {
    const stripe = await startStripe();
    stripe.script(`GET /v1/subscriptions/${SUBSCRIPTION}`, { body: "<html>" });
    stripe.script("GET /v1/invoices", { body: "<html>" });
    const look = stripe.provider().look({ subscriptionId: SUBSCRIPTION, sessionId: null, named: [] });
    await expect(look).rejects.toMatchObject({ name: "ProviderError", kind: "unavailable" });
  });
});
