import { bodyParser } from "@koa/bodyparser";
import type { Router } from "@koa/router";
import { SUBSCRIPTION_COMMANDS } from "../../domain/command.ts";
import { asSubscriptionId } from "../../domain/ids.ts";
import { findCommand } from "../../store/commands.ts";
import { ApiError } from "../api-error.ts";
import { giveCommand } from "../commands/give.ts";
import { commandNamed, inAddress, parseCommandRequest } from "../commands/request.ts";
import type { AppDeps } from "../deps.ts";
import { CALLER, parseIdempotencyKey } from "../idempotency-key.ts";
import { bearer } from "../middleware/bearer.ts";
import { requestIdOf } from "../middleware/request-log.ts";
import { requireJson } from "../parse-body.ts";
import { unknownSubscription } from "../unknown-subscription.ts";
import { within } from "../within.ts";

/** The caller hears something within 5 s, whatever is away. */
const ANSWER_MS = 4_800;
/** How long the workflow may take; what is left of the time is for Postgres. */
const COMMAND_MS = 4_000;

/** POST /api/billing/subscriptions/:id/<command>, and GET …/commands/:commandId to read what came of it. */
export function commands(router: Router, deps: Pick<AppDeps, "pool" | "gateway" | "settings">): void {
  const isCaller = bearer(deps.settings.apiKey);
  router.post(
    "/api/billing/subscriptions/:id/:command",
    isCaller,
    bodyParser({ enableTypes: ["json"], jsonLimit: "16kb" }),
    async (ctx) => {
      const kind = commandNamed(ctx.params["command"]);
      if (kind === undefined) throw unknownCommand();
      const key = parseIdempotencyKey(ctx.get("Idempotency-Key"));
      requireJson(ctx);
      const id = asSubscriptionId(ctx.params["id"]);
      if (id === undefined) throw unknownSubscription();
      const request = parseCommandRequest(id, kind, ctx.request.body ?? {});
      const given = { caller: CALLER, key, request, requestId: requestIdOf(ctx) };
      const told = await within(ANSWER_MS, giveCommand(deps, given, COMMAND_MS));
      if (told.replayed) ctx.set("Idempotent-Replayed", "true");
      ctx.status = told.status;
      ctx.body = told.body;
    },
  );
  router.get("/api/billing/subscriptions/:id/commands/:commandId", isCaller, async (ctx) => {
    const { id, commandId = "" } = ctx.params;
    const subscriptionId = asSubscriptionId(id);
    // What is no id of a command may be nothing that Postgres can read.
    const isId = /^[\x21-\x7e]{1,255}$/.test(commandId);
    const found = subscriptionId && isId && (await findCommand(deps.pool, subscriptionId, commandId));
    if (!found) throw new ApiError(404, "unknown_command_id", "No such command was given");
    const { command, outcome, askedAt, answeredAt } = found;
    ctx.set("Cache-Control", "no-store");
    ctx.body = {
      status: "ok",
      command_id: command.id,
      subscription_id: subscriptionId,
      command: command.kind.replaceAll("_", "-"),
      asked_by: command.askedBy,
      why: command.why,
      parameters: command.parameters ?? {},
      asked_at: new Date(askedAt).toISOString(),
      outcome: outcome?.state ?? "pending",
      reason: outcome?.state === "refused" ? outcome.reason : null,
      message: outcome?.what ?? "The command is kept and will be carried out",
      answered_at: answeredAt === null ? null : new Date(answeredAt).toISOString(),
    };
  });
}

const unknownCommand = (): ApiError => {
  const all = SUBSCRIPTION_COMMANDS.map(inAddress);
  return new ApiError(404, "unknown_command", `There is no such command; there are: ${all.join(", ")}`, {
    fields: { commands: all },
  });
};
