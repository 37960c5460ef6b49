import type { Db } from "./pool.ts";
import { one } from "./pool.ts";

export type IncidentKind = "webhook_signatures" | "provider_refusal" | "events_waiting";

export interface Incident {
  readonly id: number;
  readonly kind: IncidentKind;
  /** What it is about, such as `stripe/bad_signature`. */
  readonly subject: string;
  readonly count: number;
}

/** Counts into the open incident, or opens one. `by`: one or more. `opened`: it is new, and worth one alert. */
export async function countIncident(
  db: Db,
  kind: IncidentKind,
  subject: string,
  by: number,
): Promise<{ readonly incident: Incident; readonly opened: boolean }> {
  // Every other incident has counted something before: only a new one holds no more than this.
  const result = await db.query<Incident & { opened: boolean }>(
    `insert into incidents (kind, subject, count) values ($1, $2, $3)
     on conflict (kind, subject) where closed_at is null
       do update set count = incidents.count + excluded.count, last_seen_at = now()
     returning id, kind, subject, count, count = $3::bigint as opened`,
    [kind, subject, by],
  );
  const { opened, ...incident } = one(result);
  return { incident, opened };
}

/** Closes what has been quiet for so long; answers what it closed. */
export async function closeQuietIncidents(
  db: Db,
  quietSeconds: number,
  kinds: readonly IncidentKind[],
): Promise<readonly Incident[]> {
  const { rows } = await db.query<Incident>(
    `update incidents set closed_at = now()
     where closed_at is null and kind = any($2::text[]) and last_seen_at < now() - make_interval(secs => $1)
     returning id, kind, subject, count`,
    [quietSeconds, kinds],
  );
  return rows;
}

/** Closes the open incident, if there is one; answers what it closed. */
export async function closeIncident(
  db: Db,
  kind: IncidentKind,
  subject: string,
): Promise<Incident | undefined> {
  const { rows } = await db.query<Incident>(
    `update incidents set closed_at = now()
     where closed_at is null and kind = $1 and subject = $2
     returning id, kind, subject, count`,
    [kind, subject],
  );
  return rows[0];
}
