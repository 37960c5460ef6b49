import { createServer, type Server as HttpServer } from "node:http";
import type Koa from "koa";

/** How long requests that are being answered may take when the sandbox stops, ms. */
const stopMs = 1_000;

/** A listening server. */
export interface Server {
  /** such as http://127.0.0.1:4280 */
  url: string;
  /** Takes no more requests; whoever is kept waiting is cut off. */
  stop(): Promise<void>;
}

/** Listens on 127.0.0.1 only: on this port, or when it is taken on a free one. 0 = any. */
export async function startServer(app: Koa, port: number): Promise<Server> {
  const handle = app.callback();
  const server = createServer((request, response) => void handle(request, response));
  if (!(await listen(server, port))) await listen(server, 0);
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the sandbox has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // a connection whose last request is being answered turns idle later
      const sweep = setInterval(() => server.closeIdleConnections(), 20);
      const limit = setTimeout(() => server.closeAllConnections(), stopMs);
      await closed;
      clearInterval(sweep);
      clearTimeout(limit);
    },
  };
}

/** False when somebody else has the port. */
function listen(server: HttpServer, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      if (error.code === "EADDRINUSE" && port !== 0) resolve(false);
      else reject(error);
    };
    server.once("error", failed);
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => {
      server.off("error", failed);
      resolve(true);
    });
  });
}
