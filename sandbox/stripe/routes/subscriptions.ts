import { z } from "zod";
import { isOver } from "../billing/update.ts";
import { find } from "../errors.ts";
import { range, text, within } from "../http/params.ts";
import { list, type Route, retrieve, route } from "../http/route.ts";
import type { Subscription } from "../records.ts";
import { cancelFromParams, cancelParams } from "../subscriptions/cancel.ts";
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
  route("DELETE", "/v1/subscriptions/:id", cancelParams, ({ work, id }, params) => {
    const sub = find(work.state.subscriptions, id, "subscription");
    cancelFromParams(work, sub, params);
    return subscriptionView(work, sub);
  }),
];

function hasStatus(sub: Subscription, wanted: (typeof statuses)[number] | undefined): boolean {
  if (wanted === undefined) return sub.status !== "canceled";
  if (wanted === "all") return true;
  return wanted === "ended" ? isOver(sub) : sub.status === wanted;
}
