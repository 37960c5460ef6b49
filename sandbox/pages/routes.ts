import { Router } from "@koa/router";
import type Koa from "koa";
import { payAt } from "../control/acts.ts";
import { ControlError } from "../control/control-error.ts";
import type { ControlParts } from "../control/routes.ts";
import { readText } from "../read-request.ts";
import { lookUp, StripeError } from "../stripe/errors.ts";
import { workAt } from "../stripe/perform.ts";
import { readCard } from "./card-fields.ts";
import { checkoutPage, successUrl } from "./checkout.ts";
import { homePage, steps } from "./home.ts";
import { html } from "./html.ts";
import { sendPage } from "./page.ts";
import { actInPortal, portalPage } from "./portal.ts";

/** The pages for people: the sandbox's home, the hosted checkout and the billing portal. */
export function pagesRouter(parts: ControlParts): Router {
  const { state, clock, perform, traveller, changed } = parts;
  const router = new Router();
  const looking = () => workAt(state, clock.seconds());

  router.get("/", (ctx) => sendPage(ctx, homePage(state, clock)));
  router.post("/advance", async (ctx) => {
    const step = lookUp(steps, (await form(ctx)).get("step") ?? "");
    if (step === undefined) return nothing(ctx);
    try {
      await traveller.advance(step.length);
      seeOther(ctx, "/");
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      sendPage(ctx, homePage(state, clock, error.message));
    }
  });

  router.get("/c/pay/:id", (ctx) => {
    const session = lookUp(state.stripe.sessions, ctx.params["id"] ?? "");
    if (session === undefined) return nothing(ctx);
    sendPage(ctx, checkoutPage(looking(), session));
  });
  router.post("/c/pay/:id", async (ctx) => {
    const id = ctx.params["id"] ?? "";
    const session = lookUp(state.stripe.sessions, id);
    if (session === undefined) return nothing(ctx);
    const typed = await form(ctx);
    const refusal = refusalOf(() => {
      const card = readCard(typed, clock.seconds());
      if ("refusal" in card) return card.refusal;
      const outcome = perform((work) =>
        payAt(work, id, { ...card, email: typed.get("email")?.trim() ?? "" }),
      );
      changed();
      return outcome.paid ? null : outcome.message;
    });
    // read anew: the books may have been put back
    const after = state.stripe.sessions[id] ?? session;
    if (refusal === null) return seeOther(ctx, successUrl(after));
    const kept = { email: typed.get("email") ?? "", name: typed.get("name") ?? "" };
    sendPage(ctx, checkoutPage(looking(), after, refusal, kept));
  });

  router.get("/p/session/:id", (ctx) => {
    const session = lookUp(state.stripe.portal_sessions, ctx.params["id"] ?? "");
    if (session === undefined) return nothing(ctx);
    sendPage(ctx, portalPage(looking(), session));
  });
  router.post("/p/session/:id", async (ctx) => {
    const session = lookUp(state.stripe.portal_sessions, ctx.params["id"] ?? "");
    if (session === undefined) return nothing(ctx);
    const typed = await form(ctx);
    const refusal = refusalOf(() => {
      perform((work) => actInPortal(work, session, typed));
      return null;
    });
    changed();
    if (refusal === null) return seeOther(ctx, `/p/session/${session.id}`);
    sendPage(ctx, portalPage(looking(), session, refusal));
  });
  return router;
}

async function form(ctx: Koa.Context): Promise<URLSearchParams> {
  return new URLSearchParams(await readText(ctx));
}

/** Why it was refused: what `run` answers, or Stripe's own words. */
function refusalOf(run: () => string | null): string | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof StripeError) return error.message;
    throw error;
  }
}

function seeOther(ctx: Koa.Context, url: string): void {
  ctx.status = 303;
  ctx.redirect(url);
}

function nothing(ctx: Koa.Context): void {
  sendPage(ctx, { status: 404, title: "Not found", content: html`<p>There is nothing here.</p>` });
}
