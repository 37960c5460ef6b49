import type { ProviderError } from "../providers/provider.ts";
import { closeQuietIncidents, countIncident } from "../store/incidents.ts";
import { raiseAlert } from "./alerting.ts";
import type { Deps } from "./deps.ts";

/** How long an incident must be quiet to be over, in seconds. */
const QUIET_SECONDS = 15 * 60;

/** A revoked key or a missing price is one incident of the provider with one alert, however many subscriptions meet it (R7). */
export async function providerRefuses(deps: Deps, error: ProviderError): Promise<void> {
  const { provider } = error;
  const { incident, opened } = await countIncident(deps.pool, "provider_refusal", provider, 1);
  if (!opened) return;
  await raiseAlert(deps, {
    key: `incident:${incident.id}:opened`,
    kind: "provider_refuses",
    text: `${provider} refuses our requests (${error.code ?? "no code"}); we keep trying`,
    fields: { provider, code: error.code },
    superseded: false,
    at: Date.now(),
  });
}

/** Ends the incidents that nobody has added to for a while, and says so. */
export async function closeIncidents(deps: Deps): Promise<number> {
  const closed = await closeQuietIncidents(deps.pool, QUIET_SECONDS, [
    "webhook_signatures",
    "provider_refusal",
  ]);
  for (const { id, kind, subject, count } of closed) {
    await raiseAlert(deps, {
      key: `incident:${id}:closed`,
      kind: kind === "webhook_signatures" ? "webhook_signatures_recovered" : "provider_recovered",
      text: `${subject}: quiet again after ${count} failures`,
      fields: { subject, count },
      superseded: false,
      at: Date.now(),
    });
  }
  return closed.length;
}
