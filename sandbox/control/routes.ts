import { Router } from "@koa/router";
import type Koa from "koa";
import { HttpError } from "koa";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { Queue } from "../delivery/queue.ts";
import { defaultKnobs, knobChange, turn } from "../knobs.ts";
import { readText } from "../read-request.ts";
import type { State } from "../state.ts";
import { configuredEndpoint, setEndpoint } from "../stripe/endpoint.ts";
import { find, StripeError } from "../stripe/errors.ts";
import type { Perform } from "../stripe/perform.ts";
import { addressed } from "../stripe/publish.ts";
import { acts } from "./acts.ts";
import { readTarget, type Traveller } from "./advance.ts";
import { books } from "./books.ts";
import { ControlError } from "./control-error.ts";
import { release, releaseOrder, resend } from "./release.ts";

/** What the control API works on. */
export interface ControlParts {
  state: State;
  clock: Clock;
  queue: Queue;
  perform: Perform;
  traveller: Traveller;
  changed: () => void;
}

const idleWish = z.strictObject({ limit_ms: z.number().min(0).max(300_000).default(15_000) });
const resendWish = z.strictObject({ copies: z.number().int().min(0).max(50).default(0) });
const skip = z.object({ since: z.coerce.number().int().min(0).default(0) });

/** How tests and people move the sandbox: everything under /sandbox, JSON in and out. */
export function controlRouter(parts: ControlParts): Router {
  const { state, clock, queue, perform, traveller, changed } = parts;
  const router = new Router();
  router.use(answerErrors);

  router.get("/sandbox", (ctx) => {
    ctx.body = status();
  });
  router.get("/sandbox/books", (ctx) => {
    ctx.body = books(state.stripe);
  });
  router.get("/sandbox/deliveries", (ctx) => {
    const { rest, count } = after(ctx, state.deliveries, 0);
    ctx.body = { deliveries: rest, count };
  });
  router.get("/sandbox/attempts", (ctx) => {
    const { rest, count } = after(ctx, state.attempts, 0);
    ctx.body = { attempts: rest, count };
  });
  // all of them: Stripe's own list ends after 30 days
  router.get("/sandbox/events", (ctx) => {
    const told = Object.values(state.stripe.events).map(({ id, type, created }) => ({ id, type, created }));
    const { rest, count } = after(ctx, told, 0);
    ctx.body = { events: rest, count };
  });
  router.get("/sandbox/requests", (ctx) => {
    const { rest, count } = after(ctx, state.requests, state.requests_forgotten);
    ctx.body = { requests: rest, count };
  });

  router.post("/sandbox/advance", async (ctx) => {
    ctx.body = await traveller.advance(readTarget(await json(ctx)));
  });
  router.post("/sandbox/idle", async (ctx) => {
    const { limit_ms } = idleWish.parse(await json(ctx));
    ctx.body = { idle: await queue.idle(limit_ms) };
  });
  router.post("/sandbox/knobs", async (ctx) => {
    const change = knobChange.parse(await json(ctx));
    turn(state.knobs, change);
    if (change.webhook !== undefined) setEndpoint(state.stripe, clock.seconds(), change.webhook);
    changed();
    ctx.body = status();
  });
  router.post("/sandbox/knobs/reset", (ctx) => {
    state.knobs = defaultKnobs();
    changed();
    ctx.body = status();
  });
  router.post("/sandbox/deliveries/release", async (ctx) => {
    const wanted = releaseOrder.parse(await json(ctx));
    ctx.body = { attempts: await release(queue, state.deliveries, wanted) };
    changed();
  });
  router.post("/sandbox/events/:id/resend", async (ctx) => {
    const { copies } = resendWish.parse(await json(ctx));
    const event = find(state.stripe.events, ctx.params["id"] ?? "", "event");
    ctx.body = { attempts: await resend(queue, addressed(state, event), copies) };
    changed();
  });
  for (const { path, body, run } of acts) {
    router.post(path, async (ctx) => {
      const given = body.parse(await json(ctx));
      ctx.body = perform((work) => run(work, ctx.params["id"] ?? "", given));
      changed();
    });
  }
  return router;

  function status(): unknown {
    const endpoint = configuredEndpoint(state.stripe);
    return {
      now: clock.now(),
      offset_ms: clock.offset(),
      knobs: state.knobs,
      webhook: endpoint === null ? null : { url: endpoint.url, secrets: endpoint.secrets.length },
    };
  }
}

/** Says in one sentence what was wrong with a request. */
const answerErrors: Koa.Middleware = async (ctx, next) => {
  try {
    await next();
  } catch (error) {
    if (error instanceof z.ZodError) {
      ctx.status = 400;
      ctx.body = { error: error.issues.map(sentence).join("; ") };
    } else if (error instanceof ControlError) {
      ctx.status = error.status;
      ctx.body = { error: error.message, ...error.more };
    } else if (error instanceof StripeError) {
      ctx.status = error.status;
      ctx.body = error.status === 402 ? { paid: false, message: error.message } : { error: error.message };
    } else if (error instanceof HttpError && error.expose) {
      ctx.status = error.status;
      ctx.body = { error: error.message };
    } else throw error;
  }
};

function sentence(issue: z.core.$ZodIssue): string {
  const place = issue.path.map(String).join(".");
  return place === "" ? issue.message : `${place}: ${issue.message}`;
}

/** The JSON body; an absent one is {}. */
async function json(ctx: Koa.Context): Promise<unknown> {
  const text = await readText(ctx);
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new ControlError(400, "the body is not JSON");
  }
}

/** What came after the first `since` of all, and how many there are in all. */
function after<T>(ctx: Koa.Context, items: readonly T[], forgotten: number): { rest: T[]; count: number } {
  const { since } = skip.parse(ctx.query);
  return { rest: items.slice(Math.max(0, since - forgotten)), count: forgotten + items.length };
}
