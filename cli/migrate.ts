import { readMigrationConfig } from "./config.ts";
import { createLog } from "./log.ts";
import { main } from "./main.ts";
import { prepare } from "./prepare.ts";

await main(async () => {
  const config = readMigrationConfig(process.env);
  const log = createLog(config.LOG_LEVEL);
  log.info(
    await prepare(config, process.env),
    "schema, catalog, search attributes and schedules are in place",
  );
});
