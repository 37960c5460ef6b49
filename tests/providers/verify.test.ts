import { createHmac } from "node:crypto";
import { inspect } from "node:util";
import { Stripe } from "stripe";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { WebhookRejected } from "../../providers/provider.ts";
import { createStripeProvider } from "../../providers/stripe/stripe-provider.ts";
import { event, eventText } from "./stripe-fixtures.ts";

const SECRET = "whsec_ofTheEndpoint";
const OTHER = "whsec_ofTheCommandLine";
const BODY = eventText("invoice.paid");
const now = (): number => Math.floor(Date.now() / 1_000);

const provider = (webhookSecrets: readonly string[] = [SECRET], secretKey = "sk_test_ofTheTests") =>
  createStripeProvider({ secretKey, webhookSecrets, apiBase: null });

const signed = (payload: string, secret = SECRET, timestamp = now()): string =>
  Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });

const verify = (
  header: string | string[] | undefined,
  { body = BODY, secrets = [SECRET], secretKey = "sk_test_ofTheTests" } = {},
) => provider(secrets, secretKey).verify(Buffer.from(body), { "stripe-signature": header });

/** Why it is turned away. */
function rejection(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof WebhookRejected) return error.reason;
    throw error;
  }
  return "accepted";
}

describe("verify", () => {
  it("gives the event of a delivery that is signed with its secret", () => {
    const { id } = event("invoice.paid");
    expect(verify(signed(BODY))).toEqual({
      id,
      type: "invoice.paid",
      apiVersion: "2026-10-28.endive",
      livemode: false,
      payload: JSON.parse(BODY),
    });
  });

  it("reads a body without an API version, and one that is not ASCII, byte by byte", () => {
    const body = JSON.stringify({ id: "evt_1", type: "x", livemode: false, name: "Zoë 😀" });
    expect(verify(signed(body), { body })).toMatchObject({ apiVersion: null, payload: { name: "Zoë 😀" } });
    expect(rejection(() => verify(signed(body), { body: body.replace("ë", "e") }))).toBe("bad_signature");
    expect(rejection(() => verify(signed(body), { body: `${body}\n` }))).toBe("bad_signature");
  });

  it.each([
    ["the first", [SECRET, OTHER]],
    ["the last", [OTHER, "whsec_third", SECRET]],
    ["one beside a blank one", ["", SECRET]],
  ])("accepts a signature by %s of the secrets", (_which, secrets) => {
    expect(verify(signed(BODY), { secrets }).type).toBe("invoice.paid");
  });

  it("accepts either of two signatures while a secret is rolled", () => {
    const time = now();
    const [old, rolled] = [signed(BODY, OTHER, time), signed(BODY, SECRET, time)];
    const second = rolled.replace(/^t=\d+/, "");
    expect(rejection(() => verify(`${old}${second}`))).toBe("accepted");
    expect(rejection(() => verify(`${rolled}${old.replace(/^t=\d+/, "")}`))).toBe("accepted");
    expect(rejection(() => verify(`${rolled},v0=6ffbb59b2300aae63f272406069a9788`))).toBe("accepted");
  });

  it("accepts what is 300 s old and refuses what is 301 s old, by any secret of the list", () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    expect(rejection(() => verify(signed(BODY, SECRET, now() - 300)))).toBe("accepted");
    const old = signed(BODY, SECRET, now() - 301);
    expect(rejection(() => verify(old))).toBe("too_old");
    expect(rejection(() => verify(old, { secrets: [OTHER, SECRET] }))).toBe("too_old");
    expect(rejection(() => verify(old, { secrets: [SECRET, OTHER] }))).toBe("too_old");
  });

  it("accepts a time in the future: Stripe's clock may be ahead, and only the secret makes a signature", () => {
    expect(rejection(() => verify(signed(BODY, SECRET, now() + 86_400)))).toBe("accepted");
  });

  it.each([
    ["no header", undefined, "missing_signature"],
    ["an empty header", "", "missing_signature"],
    ["a list of headers", [signed(BODY), signed(BODY)], "repeated_signature"],
    ["a header sent twice, as Node joins it", `${signed(BODY)}, ${signed(BODY)}`, "repeated_signature"],
    ["two times in one header", `t=1,${signed(BODY)}`, "repeated_signature"],
    ["no known scheme", `t=${now()},v0=${"a".repeat(64)}`, "bad_signature"],
    ["no time", signed(BODY).replace(/^t=\d+,/, ""), "bad_signature"],
    ["a time that is no number", signed(BODY).replace(/^t=\d+/, "t=soon"), "bad_signature"],
    ["a space after the comma", signed(BODY).replace(",", ", "), "bad_signature"],
    ["any text", "signature", "bad_signature"],
    ["another secret", signed(BODY, OTHER), "bad_signature"],
    ["another secret, long ago", signed(BODY, OTHER, now() - 9_000), "bad_signature"],
    ["another time than was signed", signed(BODY).replace(/^t=\d+/, `t=${now() - 7}`), "bad_signature"],
  ])("refuses %s", (_what, header, reason) => {
    expect(rejection(() => verify(header))).toBe(reason);
  });

  it.each([
    ["no secret at all", []],
    ["an empty secret", [""]],
    ["a blank secret", [" \n"]],
  ])("verifies nothing with %s", (_what, secrets) => {
    const time = now();
    for (const guess of [...secrets, "", "guess"]) {
      const signature = createHmac("sha256", guess).update(`${time}.${BODY}`).digest("hex");
      expect(rejection(() => verify(`t=${time},v1=${signature}`, { secrets }))).toBe("bad_signature");
    }
    expect(rejection(() => verify(`t=${time},v1=`, { secrets }))).toBe("bad_signature");
  });

  it.each([
    ["nothing", "", "bad_json"],
    ["text", "hello", "bad_json"],
    ["half an object", BODY.slice(0, -10), "bad_json"],
    ["null", "null", "bad_json"],
    ["a number", "7", "bad_json"],
    ["a list", "[]", "bad_json"],
    ["an object without an id", '{"type":"invoice.paid","livemode":false}', "bad_json"],
    ["an id that is no text", '{"id":7,"type":"invoice.paid","livemode":false}', "bad_json"],
    ["no mode", '{"id":"evt_1","type":"invoice.paid"}', "bad_json"],
    ["a thin event", '{"id":"evt_1","object":"v2.core.event","type":"v1.invoice.paid"}', "thin_event"],
    [
      "an event of the other mode",
      BODY.replaceAll('"livemode": false', '"livemode": true'),
      "other_livemode",
    ],
  ])("refuses %s with a good signature", (_what, body, reason) => {
    expect(rejection(() => verify(signed(body), { body }))).toBe(reason);
  });

  it.each([
    ["sk_live_ofTheTests", "other_livemode"],
    ["rk_live_ofTheTests", "other_livemode"],
    ["rk_test_ofTheTests", "accepted"],
  ])("takes the mode from the key %s", (secretKey, outcome) => {
    expect(rejection(() => verify(signed(BODY), { secretKey }))).toBe(outcome);
  });

  it("R10: a rejection holds nothing of the payload", () => {
    const text = "maria@example.com";
    for (const [header, body] of [
      [signed(BODY, OTHER), BODY],
      [signed(BODY, SECRET, now() - 900), BODY],
      [signed(text), text],
      [signed(`[{"a":"${text}"}]`), `[{"a":"${text}"}]`],
    ] as const) {
      try {
        verify(header, { body });
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(WebhookRejected);
        expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("maria@");
      }
    }
  });
});
