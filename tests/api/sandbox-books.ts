import { z } from "zod";
import { control } from "../setup/customer.ts";
import type { System } from "../setup/system.ts";

const Session = z.object({
  id: z.string(),
  status: z.enum(["open", "complete", "expired"]),
  client_reference_id: z.string().nullable(),
});
type Session = z.infer<typeof Session>;

const Requests = z.object({ requests: z.array(z.object({ method: z.string(), path: z.string() })) });

/** The checkout sessions that the provider has opened for one of our customers, whatever became of them. */
export async function sessionsOf(system: System, receipt: string): Promise<readonly Session[]> {
  const { sessions } = z.object({ sessions: z.array(Session) }).parse(await control(system, "GET", "/books"));
  const { rows } = await system.database.pool.query<{ id: string }>(
    "select c.id from checkouts c join customers on customers.id = c.customer_id where receipt = $1",
    [receipt],
  );
  return sessions.filter((session) => rows.some(({ id }) => id === session.client_reference_id));
}

/** How many customers the provider has. */
export async function customersAtProvider(system: System): Promise<number> {
  return z.object({ customers: z.number() }).parse(await control(system, "GET", "/books")).customers;
}

/** What was asked of the provider so far, in order: `POST /v1/checkout/sessions`. */
export async function askedOfProvider(system: System): Promise<readonly string[]> {
  const { requests } = Requests.parse(await control(system, "GET", "/requests"));
  return requests.map(({ method, path }) => `${method} ${path}`);
}
