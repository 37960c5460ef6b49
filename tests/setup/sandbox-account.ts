import { z } from "zod";
import { control } from "./customer.ts";
import type { System } from "./system.ts";

const Requests = z.object({
  requests: z.array(
    z.object({
      method: z.string(),
      path: z.string(),
      params: z.unknown(),
      idempotency_key: z.string().nullable(),
      status: z.number().nullable(),
      replayed: z.boolean(),
      fault: z.string().nullable(),
    }),
  ),
});
export type SandboxRequest = z.infer<typeof Requests>["requests"][number];

const Books = z.object({
  customers: z.number(),
  sessions: z.array(
    z.object({ id: z.string(), status: z.string(), customer: z.string(), client_reference_id: z.string() }),
  ),
  subscriptions: z.array(
    z.object({
      id: z.string(),
      customer: z.string(),
      status: z.string(),
      metadata: z.record(z.string(), z.string()),
      charges: z.array(z.object({ id: z.string(), payment_intent: z.string(), status: z.string() })),
      invoices: z.array(z.object({ id: z.string(), status: z.string() })),
      paid: z.number(),
      refunded: z.number(),
    }),
  ),
});

/** Every request that came to the sandbox's API, oldest first. */
export const requestsOf = async (system: System): Promise<readonly SandboxRequest[]> =>
  Requests.parse(await control(system, "GET", "/requests")).requests;

/** The sandbox's own account of what there is. */
export const booksOf = async (system: System): Promise<z.infer<typeof Books>> =>
  Books.parse(await control(system, "GET", "/books"));

/** Asks the sandbox's API as somebody else with the key of the account does: the dashboard, a colleague's script. */
export async function stripe(
  { sandbox, env }: Pick<System, "sandbox" | "env">,
  method: "GET" | "POST" | "DELETE",
  path: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const query = new URLSearchParams(parameters).toString();
  const answer = await fetch(`${sandbox.url}${path}${method === "GET" ? `?${query}` : ""}`, {
    method,
    ...(method === "GET" ? {} : { body: query }),
    headers: {
      authorization: `Bearer ${env["STRIPE_SECRET_KEY"]}`,
      "content-type": "application/x-www-form-urlencoded",
    },
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the sandbox answers ${answer.status} to ${method} ${path}: ${text}`);
  return JSON.parse(text) as unknown;
}
