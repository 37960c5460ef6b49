import type { ProviderError } from "../providers/provider.ts";
import type { IncidentWords } from "../store/incident-alerts.ts";
import { insertIncidentAlert } from "../store/incident-alerts.ts";
import { closeQuietIncidents, countIncident } from "../store/incidents.ts";
import { transaction } from "../store/pool.ts";
import { deliverAlerts } from "./alerting.ts";
import type { Deps } from "./deps.ts";

/** How long an incident must be quiet to be over, in seconds. */
const QUIET_SECONDS = 15 * 60;

/** A revoked key or a missing price is one incident of the provider with one alert, however many subscriptions meet it (R7). */
export async function providerRefuses(deps: Deps, error: ProviderError): Promise<void> {
  const { provider } = error;
  const isNew = await transaction(deps.pool, async (db) => {
    const { incident, opened } = await countIncident(db, "provider_refusal", provider, 1);
    if (opened) {
      const words: IncidentWords = {
        kind: "provider_refuses",
        text: `${provider} refuses our requests (${error.code ?? "no code"}); we keep trying`,
        fields: { provider, code: error.code },
      };
      await insertIncidentAlert(db, incident, "opened", words, deps.channels);
    }
    return opened;
  });
  if (isNew) await deliverAlerts(deps, null);
}

/** Ends the incidents that nobody has added to for a while, and owes people the news. Answers how many. */
export function closeIncidents(deps: Deps): Promise<number> {
  return transaction(deps.pool, async (db) => {
    const closed = await closeQuietIncidents(db, QUIET_SECONDS, ["webhook_signatures", "provider_refusal"]);
    for (const incident of closed) {
      const { kind, subject, count } = incident;
      const words: IncidentWords = {
        kind: kind === "webhook_signatures" ? "webhook_signatures_recovered" : "provider_recovered",
        text: `${subject}: quiet again after ${count} failures`,
        fields: { subject, count },
      };
      await insertIncidentAlert(db, incident, "closed", words, deps.channels);
    }
    return closed.length;
  });
}
