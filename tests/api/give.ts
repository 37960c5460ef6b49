import { randomUUID } from "node:crypto";
import { API_KEY, type System } from "../setup/system.ts";

export interface CommandAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Commands as a product's backend gives them. */
export function commandsOf({ apiUrl }: Pick<System, "apiUrl">) {
  const send = async (
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: object,
  ): Promise<CommandAnswer> => {
    const answer = await fetch(`${apiUrl}/api/billing/subscriptions/${path}`, {
      method,
      headers: { authorization: `Bearer ${API_KEY}`, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return {
      status: answer.status,
      headers: answer.headers,
      body: (await answer.json()) as CommandAnswer["body"],
    };
  };
  return {
    send,
    give: (id: string, command: string, body: object = {}, key: string = randomUUID()) =>
      send("POST", `${id}/${command}`, { "idempotency-key": key }, body),
    /** What came of one. */
    read: (id: string, commandId: unknown) => send("GET", `${id}/commands/${String(commandId)}`, {}),
  };
}
