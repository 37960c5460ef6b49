import { createHmac, randomUUID } from "node:crypto";
import { request } from "node:http";
import type { System } from "../setup/system.ts";

/** One of the system's two secrets: the one that the sandbox signs with. */
const SECRET = "whsec_sandbox";

/** Stripe's signature of a body (docs.stripe.com/webhooks/signature), made here and not by the SDK that checks it. */
export function signature(body: string, { secret = SECRET, ageSeconds = 0 } = {}): string {
  const time = Math.floor(Date.now() / 1_000) - ageSeconds;
  return `t=${time},v1=${createHmac("sha256", secret).update(`${time}.${body}`).digest("hex")}`;
}

/** An event about an object, as Stripe words it. */
export const eventOf = (
  type: string,
  object: object,
  fields: object = {},
): Readonly<Record<string, unknown> & { id: string }> => ({
  id: `evt_${randomUUID().replaceAll("-", "")}`,
  object: "event",
  api_version: "2026-10-28.endive",
  created: Math.floor(Date.now() / 1_000),
  type,
  livemode: false,
  pending_webhooks: 1,
  request: { id: null, idempotency_key: null },
  data: { object },
  ...fields,
});

export interface Received {
  readonly status: number;
  readonly body: unknown;
}

/** POST /webhook/stripe. Signed, unless other signatures are given: each is a header line of its own. */
export function deliver(
  { apiUrl }: Pick<System, "apiUrl">,
  body: string | object,
  signatures?: readonly string[],
): Promise<Received> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      `${apiUrl}/webhook/stripe`,
      {
        method: "POST",
        headers: {
          "content-type": "application/json; charset=utf-8",
          "stripe-signature": [...(signatures ?? [signature(text)])],
        },
      },
      (response) => {
        let answer = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => (answer += part));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(answer) }));
      },
    );
    sent.on("error", reject);
    sent.end(text);
  });
}
