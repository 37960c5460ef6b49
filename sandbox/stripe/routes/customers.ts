import { z } from "zod";
import { numberOfToken } from "../cards.ts";
import { createCustomer, deleteCustomer, liveCustomer } from "../customers.ts";
import { find } from "../errors.ts";
import { accepted, clearable, mergeMetadata, metadata, range, text, within } from "../http/params.ts";
import { list, type Route, remove, route } from "../http/route.ts";
import { attachCard, buildCard, methodNamed } from "../payment-methods.ts";
import type { Customer } from "../records.ts";
import { customerView, paymentMethodView } from "../views/customer.ts";
import { change, type Work } from "../world.ts";

const details = {
  email: clearable.optional(),
  name: clearable.optional(),
  phone: clearable.optional(),
  description: clearable.optional(),
  metadata: metadata.optional(),
  address: accepted.optional(),
  shipping: accepted.optional(),
  preferred_locales: accepted.optional(),
  tax: accepted.optional(),
  tax_exempt: accepted.optional(),
  invoice_settings: z.strictObject({ default_payment_method: clearable.optional() }).optional(),
};

export const customerRoutes: Route[] = [
  route("POST", "/v1/customers", { ...details, payment_method: text.optional() }, ({ work }, params) => {
    const customer = createCustomer(work, { ...params, metadata: mergeMetadata({}, params.metadata) });
    if (params.payment_method !== undefined)
      methodNamed(work, params.payment_method, customer, "payment_method");
    setDefault(work, customer, params.invoice_settings?.default_payment_method);
    return customerView(work, customer);
  }),
  list(
    "/v1/customers",
    { email: text.optional(), created: range.optional() },
    ({ work }, params) =>
      Object.values(work.state.customers).filter(
        (customer) =>
          !customer.deleted &&
          (params.email === undefined || customer.email === params.email) &&
          within(customer.created, params.created),
      ),
    customerView,
  ),
  route("GET", "/v1/customers/:id", {}, ({ work, id }) =>
    customerView(work, find(work.state.customers, id, "customer")),
  ),
  route("POST", "/v1/customers/:id", details, ({ work, id }, params) => {
    const customer = liveCustomer(work, id);
    change(work, "customer.updated", customer, customerView, (it) => {
      if (params.email !== undefined) it.email = params.email;
      if (params.name !== undefined) it.name = params.name;
      if (params.phone !== undefined) it.phone = params.phone;
      if (params.description !== undefined) it.description = params.description;
      it.metadata = mergeMetadata(it.metadata, params.metadata);
      setDefault(work, it, params.invoice_settings?.default_payment_method);
    });
    return customerView(work, customer);
  }),
  remove("/v1/customers/:id", ({ work, id }) => {
    const customer = liveCustomer(work, id);
    deleteCustomer(work, customer);
    return customerView(work, customer);
  }),
  list(
    "/v1/payment_methods",
    { customer: text, type: text.optional() },
    ({ work }, { customer }) => {
      liveCustomer(work, customer, "customer");
      return Object.values(work.state.payment_methods).filter((method) => method.customer === customer);
    },
    paymentMethodView,
  ),
  route("GET", "/v1/payment_methods/:id", {}, ({ work, id }) =>
    paymentMethodView(work, find(work.state.payment_methods, id, "PaymentMethod")),
  ),
  route("POST", "/v1/payment_methods/:id/attach", { customer: text }, ({ work, id }, params) => {
    const customer = liveCustomer(work, params.customer, "customer");
    const number = numberOfToken(id);
    const method =
      number === undefined
        ? find(work.state.payment_methods, id, "PaymentMethod")
        : buildCard(work, { number });
    attachCard(work, method, customer);
    return paymentMethodView(work, method);
  }),
];

function setDefault(work: Work, customer: Customer, method: string | null | undefined): void {
  if (method === undefined) return;
  const param = "invoice_settings[default_payment_method]";
  customer.default_payment_method = method === null ? null : methodNamed(work, method, customer, param).id;
}
