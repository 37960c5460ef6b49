import { z } from "zod";
import { token } from "../../random.ts";
import { liveCustomer } from "../customers.ts";
import { find, invalid } from "../errors.ts";
import { accepted, mergeMetadata, metadata, requireUrl, text } from "../http/params.ts";
import { list, type Route, remove, retrieve, route } from "../http/route.ts";
import { newId } from "../ids.ts";
import type { Customer, PortalFlow, PortalSession, WebhookEndpoint } from "../records.ts";
import { portalSessionView } from "../views/customer.ts";
import { webhookEndpointView } from "../views/event.ts";
import type { Work } from "../world.ts";

const flowParams = z.strictObject({
  type: z.enum(["customer_update", "payment_method_update", "subscription_cancel", "subscription_update"]),
  after_completion: z
    .strictObject({
      type: z.enum(["portal_homepage", "redirect"]),
      redirect: z.strictObject({ return_url: text }).optional(),
    })
    .optional(),
  subscription_cancel: z.strictObject({ subscription: text, retention: accepted.optional() }).optional(),
  subscription_update: z.strictObject({ subscription: text }).optional(),
});

export const accountRoutes: Route[] = [
  route("GET", "/v1/account", {}, ({ work }) => ({
    id: work.state.account,
    object: "account",
    business_profile: null,
    business_type: "company",
    charges_enabled: true,
    country: "US",
    created: 1_700_000_000,
    default_currency: "usd",
    details_submitted: true,
    email: "sandbox@perennial.example",
    payouts_enabled: true,
    type: "standard",
  })),
  route(
    "POST",
    "/v1/billing_portal/sessions",
    {
      customer: text,
      return_url: text.optional(),
      configuration: text.optional(),
      locale: text.optional(),
      flow_data: flowParams.optional(),
    },
    ({ work, origin }, params) => {
      const customer = liveCustomer(work, params.customer, "customer");
      if (params.return_url !== undefined) requireUrl("return_url", params.return_url);
      const id = newId("portal_session");
      const session: PortalSession = {
        id,
        created: work.now,
        customer: customer.id,
        return_url: params.return_url ?? null,
        flow: flowOf(work, customer, params.flow_data),
        url: `${origin}/p/session/${id}`,
      };
      work.state.portal_sessions[id] = session;
      return portalSessionView(work, session);
    },
  ),
  route(
    "POST",
    "/v1/webhook_endpoints",
    {
      url: z.url(),
      enabled_events: z.array(text).min(1),
      api_version: text.optional(),
      description: text.optional(),
      metadata: metadata.optional(),
    },
    ({ work }, params) => {
      const endpoint: WebhookEndpoint = {
        id: newId("webhook_endpoint"),
        created: work.now,
        url: params.url,
        secrets: [`whsec_${token(32)}`],
        enabled_events: params.enabled_events,
        description: params.description ?? null,
        metadata: mergeMetadata({}, params.metadata),
        status: "enabled",
      };
      work.state.webhook_endpoints[endpoint.id] = endpoint;
      return webhookEndpointView(work, endpoint, true);
    },
  ),
  list(
    "/v1/webhook_endpoints",
    {},
    ({ work }) => Object.values(work.state.webhook_endpoints),
    webhookEndpointView,
  ),
  retrieve(
    "/v1/webhook_endpoints/:id",
    "webhook endpoint",
    (work) => work.state.webhook_endpoints,
    webhookEndpointView,
  ),
  remove("/v1/webhook_endpoints/:id", ({ work, id }) => {
    find(work.state.webhook_endpoints, id, "webhook endpoint");
    delete work.state.webhook_endpoints[id];
    return { id, object: "webhook_endpoint", deleted: true };
  }),
];

/** What the customer is led to; one of a subscription must name one of theirs. */
function flowOf(
  work: Work,
  customer: Customer,
  data: z.infer<typeof flowParams> | undefined,
): PortalFlow | null {
  if (data === undefined) return null;
  const { type, after_completion: completion } = data;
  const after = completion?.redirect?.return_url ?? null;
  if (after !== null) requireUrl("flow_data[after_completion][redirect][return_url]", after);
  if (type === "customer_update" || type === "payment_method_update")
    return { type, subscription: null, after };
  const id = data[type]?.subscription;
  const param = `flow_data[${type}][subscription]`;
  if (id === undefined)
    throw invalid(`Missing required param: ${param}.`, { code: "parameter_missing", param });
  const sub = find(work.state.subscriptions, id, "subscription", param);
  if (sub.customer !== customer.id)
    throw invalid(`The subscription ${id} does not belong to the customer ${customer.id}.`, { param });
  return { type, subscription: id, after };
}
