import { createPool, type Pool } from "../../store/pool.ts";
import { createClient } from "../../temporal/connect.ts";
import { createGateway, type Gateway } from "../../temporal/gateway.ts";
import { readWorkerConfig } from "../config.ts";
import type { Stage } from "../stage.ts";

/** Looks into a stage from outside: its database, and what can be said to its workflows. */
export async function withStage<T>(
  stage: Stage,
  look: (inside: { readonly pool: Pool; readonly gateway: Gateway }) => Promise<T>,
): Promise<T> {
  const config = readWorkerConfig(stage.environment);
  const pool = createPool(config.DATABASE_URL, () => undefined);
  const gateway = createGateway(createClient(config.temporal), () => undefined);
  try {
    return await look({ pool, gateway });
  } finally {
    await gateway.close();
    await pool.end();
  }
}
