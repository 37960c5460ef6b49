import { createServer, type Server } from "node:net";

/**
 * The preferred TCP port if nobody holds it on 127.0.0.1, else an ephemeral free one. 0 asks for any. The port is
 * free at the moment of the answer, not reserved: start the server on it at once.
 */
export async function freePort(preferred: number): Promise<number> {
  const [port] = await freePorts([preferred]);
  if (port === undefined) throw new Error("no free port on 127.0.0.1");
  return port;
}

/** The same for several ports at once. All are held until the last is found, so no two are equal. */
export async function freePorts(preferred: readonly number[]): Promise<number[]> {
  const held: Server[] = [];
  try {
    for (const port of preferred) held.push((await hold(port)) ?? (await holdAny()));
    return held.map(portOf);
  } finally {
    await Promise.all(held.map((server) => new Promise((closed) => server.close(closed))));
  }
}

async function holdAny(): Promise<Server> {
  const server = await hold(0);
  if (server === undefined) throw new Error("no free port on 127.0.0.1");
  return server;
}

/** Listens on the port, or answers undefined when it is taken or not allowed (below 1024). */
function hold(port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(undefined);
      else reject(error);
    });
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => resolve(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not a TCP server");
  return address.port;
}
