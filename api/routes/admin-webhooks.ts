import { bodyParser } from "@koa/bodyparser";
import type { Router } from "@koa/router";
import type { Context } from "koa";
import { z } from "zod";
import type { Provider } from "../../domain/provider.ts";
import { PROVIDERS } from "../../domain/provider.ts";
import { listEvents } from "../../store/events.ts";
import { text } from "../../store/storable.ts";
import { ApiError } from "../api-error.ts";
import type { AppDeps } from "../deps.ts";
import { formToken, isFormToken } from "../form-token.ts";
import { operator } from "../middleware/operator.ts";
import { ignore, replay } from "../operate-events.ts";
import { EVENT_STATES, eventsPage } from "../pages/events.ts";
import { sendPage } from "../pages/page.ts";

const LIMIT = 100;

const Form = z.object({
  token: z.string().default(""),
  state: z.string().default(""),
  reason: z.string().max(500).default(""),
});

/** /admin/webhooks: the received events, with replay and ignore (R2). */
export function adminWebhooks(router: Router, deps: AppDeps): void {
  const { adminToken } = deps.settings;
  const isOperator = operator(adminToken);
  const form = bodyParser({ enableTypes: ["form"], formLimit: "16kb" });

  router.get("/admin/webhooks", isOperator, async (ctx) => {
    const query = new URLSearchParams(ctx.querystring);
    const state = stateNamed(query.get("state"));
    const events = await listEvents(deps.pool, { limit: LIMIT, ...(state === undefined ? {} : { state }) });
    sendPage(
      ctx,
      "Webhook events",
      eventsPage({
        events,
        limit: LIMIT,
        state: state ?? null,
        notice: query.get("notice"),
        formToken: formToken(adminToken),
        now: Date.now(),
      }),
      { wide: true },
    );
  });

  router.post("/admin/webhooks/:provider/:id/replay", isOperator, form, async (ctx) => {
    const { state } = formOf(ctx.request.body, adminToken);
    const { provider, id } = eventOf(ctx.params);
    backToList(ctx, await replay(deps, provider, id), state);
  });

  router.post("/admin/webhooks/:provider/:id/ignore", isOperator, form, async (ctx) => {
    const { state, reason } = formOf(ctx.request.body, adminToken);
    const { provider, id } = eventOf(ctx.params);
    const why = reason.trim();
    backToList(ctx, why === "" ? "no_reason" : await ignore(deps, provider, id, why), state);
  });
}

const stateNamed = (name: string | null) => EVENT_STATES.find((state) => state === name);

function formOf(body: unknown, adminToken: string): z.infer<typeof Form> {
  const form = Form.safeParse(body ?? {});
  if (!form.success) throw new ApiError(400, "invalid_request", "A reason has at most 500 characters");
  if (!isFormToken(form.data.token, adminToken)) {
    throw new ApiError(403, "foreign_form", "This form is not of the admin page, or is old: reload the page");
  }
  return form.data;
}

function eventOf(params: Readonly<Record<string, string>>): {
  readonly provider: Provider;
  readonly id: string;
} {
  const provider = PROVIDERS.find((each) => each === params["provider"]);
  const id = params["id"] ?? "";
  if (provider === undefined || id !== text(id)) {
    throw new ApiError(404, "unknown_event", "There is no such event");
  }
  return { provider, id };
}

function backToList(ctx: Pick<Context, "status" | "set" | "body">, notice: string, state: string): void {
  const query = new URLSearchParams({ notice });
  const shown = stateNamed(state);
  if (shown !== undefined) query.set("state", shown);
  ctx.status = 303;
  ctx.set("Location", `/admin/webhooks?${query.toString()}`);
  ctx.body = "";
}
