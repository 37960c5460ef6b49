import { Router } from "@koa/router";
import Koa from "koa";
import type { AppDeps } from "./deps.ts";
import { describeError } from "./describe-error.ts";
import { errors } from "./middleware/errors.ts";
import { requestLog } from "./middleware/request-log.ts";
import { adminWebhooks } from "./routes/admin-webhooks.ts";
import { afterCheckout } from "./routes/after-checkout.ts";
import { commands } from "./routes/commands.ts";
import { createCheckout } from "./routes/create-checkout.ts";
import { customers } from "./routes/customers.ts";
import { funnel } from "./routes/funnel.ts";
import { health } from "./routes/health.ts";
import { providerReads } from "./routes/provider-reads.ts";
import { subscriptions } from "./routes/subscriptions.ts";
import { webhook } from "./routes/webhook.ts";

/** The whole HTTP API. It listens nowhere yet: `startServer` does that. */
export function createApp(deps: AppDeps): Koa {
  const app = new Koa();
  const router = new Router();
  health(router, deps);
  webhook(router, deps);
  createCheckout(router, deps);
  afterCheckout(router, deps);
  subscriptions(router, deps);
  customers(router, deps);
  funnel(router, deps);
  // Before the commands, which take any other word there for the name of one.
  providerReads(router, deps);
  commands(router, deps);
  adminWebhooks(router, deps);
  app.use(requestLog(deps.log));
  app.use(errors(deps.log));
  app.use(router.routes());
  app.use(router.allowedMethods());
  // What fails after the answer began, such as a connection that the other side closed.
  app.on("error", (error: unknown) => deps.log.warn({ error: describeError(error) }, "answer not delivered"));
  return app;
}
