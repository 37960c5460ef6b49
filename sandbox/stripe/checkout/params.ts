import { z } from "zod";
import { accepted, boolean, integer, metadata, quantity, text } from "../http/params.ts";

const autoOrNever = z.enum(["auto", "never"]);

/** The parameters of a new session that the sandbox acts on, and those it takes without an effect. */
export const sessionParams = {
  mode: z.enum(["subscription", "payment", "setup"]).optional(),
  customer: text.optional(),
  customer_email: text.optional(),
  client_reference_id: text.max(200).optional(),
  line_items: z
    .array(
      z.strictObject({
        price: text,
        quantity: quantity.optional(),
        adjustable_quantity: accepted.optional(),
      }),
    )
    .optional(),
  success_url: text.optional(),
  cancel_url: text.optional(),
  metadata: metadata.optional(),
  subscription_data: z
    .strictObject({
      metadata: metadata.optional(),
      description: text.optional(),
      trial_period_days: quantity.optional(),
      trial_settings: z
        .strictObject({
          end_behavior: z.strictObject({
            missing_payment_method: z.enum(["cancel", "create_invoice", "pause"]),
          }),
        })
        .optional(),
      billing_mode: z
        .strictObject({ type: z.enum(["classic", "flexible"]), flexible: accepted.optional() })
        .optional(),
      proration_behavior: accepted.optional(),
    })
    .optional(),
  expires_at: integer.optional(),
  locale: text.optional(),
  ui_mode: z.literal("hosted_page").optional(),
  allow_promotion_codes: boolean.optional(),
  payment_method_collection: z.enum(["always", "if_required"]).optional(),
  allowed_payment_method_types: accepted.optional(),
  automatic_tax: z.strictObject({ enabled: boolean, liability: accepted.optional() }).optional(),
  billing_address_collection: accepted.optional(),
  branding_settings: accepted.optional(),
  consent_collection: accepted.optional(),
  currency: text.optional(),
  custom_text: accepted.optional(),
  customer_update: z
    .strictObject({
      address: autoOrNever.optional(),
      name: autoOrNever.optional(),
      shipping: autoOrNever.optional(),
    })
    .optional(),
  integration_identifier: accepted.optional(),
  payment_method_options: accepted.optional(),
  phone_number_collection: accepted.optional(),
  saved_payment_method_options: accepted.optional(),
  submit_type: accepted.optional(),
  tax_id_collection: accepted.optional(),
};
