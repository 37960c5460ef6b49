import { readEnvironment } from "./environment.ts";
import { createSandbox } from "./sandbox.ts";
import { startServer } from "./server.ts";

const log = (line: string): void => console.error(line);

/** The sandbox provider as a process. Its first and only line on stdout says where it listens; it logs to stderr. */
async function main(): Promise<void> {
  const { port, ...settings } = readEnvironment(process.env);
  const sandbox = createSandbox({ ...settings, log });
  const server = await startServer(sandbox.app, port);
  console.log(JSON.stringify({ url: server.url }));

  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await server.stop();
    await sandbox.close();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      stop().catch((error: unknown) => {
        log(`the sandbox could not stop well: ${String(error)}`);
        process.exit(1);
      });
    });
  }
}

main().catch((error: unknown) => {
  log(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
