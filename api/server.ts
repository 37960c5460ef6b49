import { createServer } from "node:http";
import type Koa from "koa";

/** How long requests that are being answered may take when we stop, in milliseconds. */
const STOP_MS = 10_000;

export interface Server {
  readonly port: number;
  /** Takes no more requests, answers those that it has, and ends. Safe to call again. */
  stop(): Promise<void>;
}

/** Listens; port 0 takes a free one. */
export async function startServer(
  app: Koa,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Server> {
  const handle = app.callback();
  const server = createServer(
    {
      // A webhook is small: whoever sends slower than this holds a connection for nothing.
      requestTimeout: 30_000,
      headersTimeout: 10_000,
      // Longer than the usual idle time of load balancers, so that they close first and never meet a closed one.
      keepAliveTimeout: 75_000,
    },
    (request, response) => void handle(request, response),
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");

  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    // A connection whose last request is being answered turns idle later.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    const limit = setTimeout(() => server.closeAllConnections(), STOP_MS);
    await closed;
    clearInterval(sweep);
    clearTimeout(limit);
  };
  return {
    port: address.port,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}
