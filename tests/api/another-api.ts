import { createServer, type Server } from "node:net";
import { type ApiProcess, startApi } from "../../cli/api-process.ts";
import { readApiConfig } from "../../cli/config.ts";
import { createLog } from "../../cli/log.ts";
import type { System } from "../setup/system.ts";

/** One more copy of the system's API, with an environment of its own. */
export const anotherApi = (
  system: Pick<System, "env">,
  env: Readonly<Record<string, string>>,
): Promise<ApiProcess> =>
  startApi(
    readApiConfig({ ...system.env, PORT: "0", ...env }),
    createLog("error", () => undefined),
  );

/** A server that takes connections and never says a word: worse than one that is not there. */
export async function silentServer(): Promise<{ readonly port: number; stop(): void }> {
  const sockets = new Set<{ destroy(): void }>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not a TCP server");
  return {
    port: address.port,
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
