import { z } from "zod";
import { expireSession } from "../checkout/expire.ts";
import { openSession } from "../checkout/open.ts";
import { sessionParams } from "../checkout/params.ts";
import { find, invalid } from "../errors.ts";
import { integer, range, text, within } from "../http/params.ts";
import { list, type Route, retrieve, route } from "../http/route.ts";
import { sessionLineView, sessionView } from "../views/checkout-session.ts";

export const checkoutRoutes: Route[] = [
  route("POST", "/v1/checkout/sessions", sessionParams, ({ work, origin }, params) =>
    sessionView(work, openSession(work, params, origin)),
  ),
  list(
    "/v1/checkout/sessions",
    {
      customer: text.optional(),
      customer_details: z.strictObject({ email: text }).optional(),
      subscription: text.optional(),
      payment_intent: text.optional(),
      status: z.enum(["open", "complete", "expired"]).optional(),
      created: range.optional(),
    },
    ({ work }, params) =>
      Object.values(work.state.sessions).filter(
        (session) =>
          (params.customer === undefined || session.customer === params.customer) &&
          (params.subscription === undefined || session.subscription === params.subscription) &&
          (params.customer_details === undefined ||
            (session.customer === null
              ? session.customer_email
              : work.state.customers[session.customer]?.email) === params.customer_details.email) &&
          params.payment_intent === undefined &&
          (params.status === undefined || session.status === params.status) &&
          within(session.created, params.created),
      ),
    sessionView,
  ),
  retrieve("/v1/checkout/sessions/:id", "checkout.session", (work) => work.state.sessions, sessionView),
  route("POST", "/v1/checkout/sessions/:id/expire", {}, ({ work, id }) => {
    const session = find(work.state.sessions, id, "checkout.session");
    if (session.status !== "open") {
      throw invalid(
        `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${session.status}\`.`,
      );
    }
    expireSession(work, session);
    return sessionView(work, session);
  }),
  route("GET", "/v1/checkout/sessions/:id/line_items", { limit: integer.optional() }, ({ work, id }) => {
    const session = find(work.state.sessions, id, "checkout.session");
    const data = session.line_items.map((line) => sessionLineView(work, line));
    return { object: "list", data, has_more: false, url: `/v1/checkout/sessions/${id}/line_items` };
  }),
];
