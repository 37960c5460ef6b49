import type { Provider } from "../domain/provider.ts";
import type { PaymentProvider } from "../providers/provider.ts";
import { ProviderError } from "../providers/provider.ts";
import { ApiError } from "./api-error.ts";
import type { AppDeps } from "./deps.ts";
import { TookTooLong, within } from "./within.ts";

/** The caller hears something within 5 s, whatever is away; the provider is given 4 of them. */
const ANSWER_MS = 4_500;

/**
 * Reads something at the provider for somebody who waits. Nothing of it is stored.
 * @throws ApiError 503, to be repeated; 404 for what the provider has not; 502 for what it refuses
 */
export async function askProvider<T>(
  { providers }: Pick<AppDeps, "providers">,
  name: Provider,
  ask: (provider: PaymentProvider) => Promise<T>,
): Promise<T> {
  const provider = providers.get(name);
  if (provider === undefined) throw unavailable(name);
  try {
    return await within(ANSWER_MS, ask(provider));
  } catch (error) {
    if (error instanceof TookTooLong) throw unavailable(name, error);
    if (!(error instanceof ProviderError)) throw error;
    switch (error.kind) {
      case "unavailable":
        throw unavailable(name, error);
      case "not_found":
        throw new ApiError(404, "unknown_at_provider", `${name} has no such thing`);
      case "refused":
      case "declined":
      case "misconfigured": {
        const what = `The payment provider refuses it: ${error.kind} ${error.code ?? ""}`.trim();
        throw new ApiError(502, "provider_refused", what, { cause: error });
      }
      default:
        throw error.kind satisfies never;
    }
  }
}

const unavailable = (name: Provider, cause?: unknown): ApiError =>
  new ApiError(503, "provider_unavailable", `${name} does not answer. Repeat the request.`, {
    headers: { "Retry-After": "2" },
    cause,
  });
