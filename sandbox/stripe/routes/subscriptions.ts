import { z } from "zod";
import { endSubscription } from "../billing/cancel.ts";
import { isOver } from "../billing/update.ts";
import { find, missing } from "../errors.ts";
import { boolean, range, text, within } from "../http/params.ts";
import { list, type Route, retrieve, route } from "../http/route.ts";
import type { Subscription } from "../records.ts";
import { createFromParams } from "../subscriptions/create.ts";
import { createParams, updateParams } from "../subscriptions/params.ts";
import { updateFromParams } from "../subscriptions/update.ts";
import { subscriptionView } from "../views/subscription.ts";

const statuses = [
  "active",
  "all",
  "canceled",
  "ended",
  "incomplete",
  "incomplete_expired",
  "past_due",
  "paused",
  "trialing",
  "unpaid",
] as const;

export const subscriptionRoutes: Route[] = [
  route("POST", "/v1/subscriptions", createParams, ({ work }, params) =>
    subscriptionView(work, createFromParams(work, params)),
  ),
  list(
    "/v1/subscriptions",
    {
      customer: text.optional(),
      price: text.optional(),
      status: z.enum(statuses).optional(),
      collection_method: z.enum(["charge_automatically", "send_invoice"]).optional(),
      created: range.optional(),
      current_period_start: range.optional(),
      current_period_end: range.optional(),
    },
    ({ work }, params) =>
      Object.values(work.state.subscriptions).filter(
        (sub) =>
          (params.customer === undefined || sub.customer === params.customer) &&
          (params.price === undefined || sub.items.some((item) => item.price === params.price)) &&
          params.collection_method !== "send_invoice" &&
          hasStatus(sub, params.status) &&
          within(sub.created, params.created) &&
          within(sub.current_period_start, params.current_period_start) &&
          within(sub.current_period_end, params.current_period_end),
      ),
    subscriptionView,
  ),
  retrieve("/v1/subscriptions/:id", "subscription", (work) => work.state.subscriptions, subscriptionView),
  route("POST", "/v1/subscriptions/:id", updateParams, ({ work, id }, params) =>
    subscriptionView(
      work,
      updateFromParams(work, find(work.state.subscriptions, id, "subscription"), params),
    ),
  ),
  route(
    "DELETE",
    "/v1/subscriptions/:id",
    {
      invoice_now: boolean.optional(),
      prorate: boolean.optional(),
      cancellation_details: z
        .strictObject({ comment: text.optional(), feedback: text.optional() })
        .optional(),
    },
    ({ work, id }, params) => {
      const sub = find(work.state.subscriptions, id, "subscription");
      if (isOver(sub)) throw missing("subscription", id);
      sub.cancellation.comment = params.cancellation_details?.comment ?? null;
      sub.cancellation.feedback = params.cancellation_details?.feedback ?? null;
      endSubscription(work, sub, "cancellation_requested");
      return subscriptionView(work, sub);
    },
  ),
];

function hasStatus(sub: Subscription, wanted: (typeof statuses)[number] | undefined): boolean {
  if (wanted === undefined) return sub.status !== "canceled";
  if (wanted === "all") return true;
  return wanted === "ended" ? isOver(sub) : sub.status === wanted;
}
