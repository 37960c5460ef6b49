import { StripeError } from "../errors.ts";

/** Takes a test key, as Bearer or as the user name of Basic; throws Stripe's 401 for everything else. */
export function authorise(header: string | undefined): void {
  const key = keyIn(header ?? "");
  if (key === "") {
    throw refused(
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/.",
    );
  }
  if (key.includes("revoked")) {
    throw refused(`Expired API Key provided: ${masked(key)}`, { code: "api_key_expired" });
  }
  if (!/^[sr]k_test_./.test(key)) throw refused(`Invalid API Key provided: ${masked(key)}`);
}

/** Stripe's answer to a wrong key. */
export function refused(message: string, more: Record<string, unknown> = {}): StripeError {
  return new StripeError(401, "invalid_request_error", message, more);
}

function keyIn(header: string): string {
  const [scheme = "", credentials = ""] = header.split(" ");
  if (scheme.toLowerCase() === "bearer") return credentials;
  if (scheme.toLowerCase() !== "basic") return "";
  return Buffer.from(credentials, "base64").toString("utf8").split(":")[0] ?? "";
}

function masked(key: string): string {
  return key.length <= 12 ? "*".repeat(key.length) : `${key.slice(0, 8)}${"*".repeat(8)}${key.slice(-4)}`;
}
