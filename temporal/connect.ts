import type { ConnectionOptions } from "@temporalio/client";
import { Client, Connection } from "@temporalio/client";

export interface TemporalAddress {
  readonly connectionOptions: ConnectionOptions;
  readonly namespace: string;
}

/** Opens a client. The connection is lazy: a server that is away now may come later. */
export function createClient({ connectionOptions, namespace }: TemporalAddress): Client {
  const connection = Connection.lazy({ ...connectionOptions, connectTimeout: 5_000 });
  return new Client({ connection, namespace });
}
