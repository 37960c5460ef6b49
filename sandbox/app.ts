import Koa, { HttpError } from "koa";
import { type ControlParts, controlRouter } from "./control/routes.ts";
import { pagesRouter } from "./pages/routes.ts";
import { addressOf } from "./read-request.ts";
import { stripeApi } from "./stripe/http/api.ts";

/** The provider over HTTP: its API, its pages and the controls. */
export function createApp(parts: ControlParts & { log: (line: string) => void }): Koa {
  const app = new Koa();
  app.on("error", (error: unknown) => {
    // what the caller did wrong is the caller's to know
    if (error instanceof HttpError && error.expose) return;
    parts.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  });
  app.use(refuseStrangers);
  app.use(stripeApi(parts));
  app.use(controlRouter(parts).routes());
  app.use(pagesRouter(parts).routes());
  return app;
}

/** Other sites may not push buttons here through a person's browser. */
const refuseStrangers: Koa.Middleware = async (ctx, next) => {
  const from = ctx.get("Origin");
  if (ctx.method !== "GET" && from !== "" && from !== addressOf(ctx)) {
    ctx.status = 403;
    ctx.body = { error: "the sandbox takes requests of its own pages only" };
    return;
  }
  await next();
};
