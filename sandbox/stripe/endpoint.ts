import type { StripeState, WebhookEndpoint } from "./records.ts";

/** The endpoint that configuration and control set; others are made through the API. */
const id = "we_1SandboxConfigured";

/** Sends everything to this address from now on; null = to nobody. Secrets that are left out stay as they are. */
export function setEndpoint(
  state: StripeState,
  now: number,
  wanted: { url: string | null; secrets?: readonly string[] | undefined },
): void {
  const before = state.webhook_endpoints[id];
  if (wanted.url === null) {
    delete state.webhook_endpoints[id];
    return;
  }
  state.webhook_endpoints[id] = {
    id,
    created: before?.created ?? now,
    url: wanted.url,
    secrets: [...(wanted.secrets ?? before?.secrets ?? [defaultSecret])],
    enabled_events: ["*"],
    description: "set by configuration",
    metadata: {},
    status: "enabled",
  };
}

/** The configured endpoint, if there is one. */
export function configuredEndpoint(state: StripeState): WebhookEndpoint | null {
  return state.webhook_endpoints[id] ?? null;
}

export const defaultSecret = "whsec_sandbox";
