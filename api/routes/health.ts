import type { Router } from "@koa/router";
import { ApiError } from "../api-error.ts";
import type { AppDeps } from "../deps.ts";
import { within } from "../within.ts";

const PATIENCE_MS = 1_500;

/** GET /healthz: the process lives. GET /readyz: it can take requests. */
export function health(router: Router, { pool, gateway }: Pick<AppDeps, "pool" | "gateway">): void {
  router.get("/healthz", (ctx) => {
    ctx.body = { status: "ok" };
  });
  router.get("/readyz", async (ctx) => {
    const [postgres, temporal] = await Promise.all([
      stateOf(async () => (await pool.query("select 1")).rowCount === 1),
      stateOf(() => gateway.isUp()),
    ]);
    // Without Temporal webhooks are still taken, so it does not count (R1).
    if (postgres === "down") {
      throw new ApiError(503, "database_unavailable", "Postgres does not answer", {
        fields: { postgres, temporal },
      });
    }
    ctx.body = { status: "ok", postgres, temporal };
  });
}

async function stateOf(ask: () => Promise<boolean>): Promise<"up" | "down"> {
  return (await within(PATIENCE_MS, ask()).catch(() => false)) ? "up" : "down";
}
