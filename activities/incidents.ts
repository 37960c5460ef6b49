import type { Alert } from "../domain/alert.ts";
import type { ProviderError } from "../providers/provider.ts";
import { insertAlert } from "../store/alerts.ts";
import { clockOffset } from "../store/clock.ts";
import { closeQuietIncidents, countIncident } from "../store/incidents.ts";
import type { Db } from "../store/pool.ts";
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
      await tell(deps, db, {
        key: `incident:${incident.id}:opened`,
        kind: "provider_refuses",
        text: `${provider} refuses our requests (${error.code ?? "no code"}); we keep trying`,
        fields: { provider, code: error.code },
      });
    }
    return opened;
  });
  if (isNew) await deliverAlerts(deps, null);
}

/** Ends the incidents that nobody has added to for a while, and owes people the news. Answers how many. */
export function closeIncidents(deps: Deps): Promise<number> {
  return transaction(deps.pool, async (db) => {
    const closed = await closeQuietIncidents(db, QUIET_SECONDS, ["webhook_signatures", "provider_refusal"]);
    for (const { id, kind, subject, count } of closed) {
      await tell(deps, db, {
        key: `incident:${id}:closed`,
        kind: kind === "webhook_signatures" ? "webhook_signatures_recovered" : "provider_recovered",
        text: `${subject}: quiet again after ${count} failures`,
        fields: { subject, count },
      });
    }
    return closed.length;
  });
}

/** In the transaction of what it tells of: neither is ever without the other. */
async function tell(
  { channels }: Deps,
  db: Db,
  alert: Pick<Alert, "key" | "kind" | "text" | "fields">,
): Promise<void> {
  const at = Date.now() + (await clockOffset(db));
  const names = channels.map((channel) => channel.name);
  await insertAlert(db, { ...alert, superseded: false, at }, null, names);
}
