import { StripeError } from "../errors.ts";
import { accountRoutes } from "../routes/account.ts";
import { catalogRoutes } from "../routes/catalog.ts";
import { checkoutRoutes } from "../routes/checkout.ts";
import { customerRoutes } from "../routes/customers.ts";
import { eventRoutes } from "../routes/events.ts";
import { invoiceRoutes } from "../routes/invoices.ts";
import { paymentRoutes } from "../routes/payments.ts";
import { scheduleRoutes } from "../routes/schedules.ts";
import { subscriptionRoutes } from "../routes/subscriptions.ts";
import type { Route } from "./route.ts";

/** All of Stripe's API that the sandbox has. */
export const routes: readonly Route[] = [
  ...accountRoutes,
  ...catalogRoutes,
  ...checkoutRoutes,
  ...customerRoutes,
  ...eventRoutes,
  ...invoiceRoutes,
  ...paymentRoutes,
  ...scheduleRoutes,
  ...subscriptionRoutes,
];

const patterns = routes.map((route) => ({ route, parts: route.path.split("/") }));

/** The route for a request and the id in its path, or Stripe's 404. */
export function match(method: string, path: string): { route: Route; id: string } {
  const given = path.replace(/\/$/, "").split("/");
  for (const { route, parts } of patterns) {
    if (route.method !== method || parts.length !== given.length) continue;
    if (
      parts.every((part, position) => (part === ":id" ? given[position] !== "" : part === given[position]))
    ) {
      return { route, id: decoded(given[parts.indexOf(":id")] ?? "") };
    }
  }
  throw new StripeError(
    404,
    "invalid_request_error",
    `Unrecognized request URL (${method}: ${path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`,
  );
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
