import { z } from "zod";
import { accepted, boolean, clearable, integer, metadata, quantity, text } from "../http/params.ts";

const endBehavior = z.strictObject({
  end_behavior: z.strictObject({ missing_payment_method: z.enum(["cancel", "create_invoice", "pause"]) }),
});
const plainMetadata = z.record(z.string(), z.string());
const paymentSettings = z.strictObject({
  save_default_payment_method: z.enum(["off", "on_subscription"]).optional(),
  payment_method_options: accepted.optional(),
  payment_method_types: accepted.optional(),
});
const proration = z.enum(["always_invoice", "create_prorations", "none"]);
const cancelAt = z.union([
  integer,
  z.enum(["min_period_end", "max_period_end", "max_billed_until"]),
  z.literal(""),
]);

/** The parameters of a new subscription. */
export const createParams = {
  customer: text,
  items: z
    .array(z.strictObject({ price: text, quantity: quantity.optional(), metadata: plainMetadata.optional() }))
    .min(1),
  default_payment_method: text.optional(),
  payment_behavior: z
    .enum(["allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"])
    .optional(),
  payment_settings: paymentSettings.optional(),
  trial_period_days: quantity.optional(),
  trial_end: z.union([z.literal("now"), integer]).optional(),
  trial_settings: endBehavior.optional(),
  metadata: metadata.optional(),
  description: text.optional(),
  cancel_at: integer.optional(),
  cancel_at_period_end: boolean.optional(),
  collection_method: z.literal("charge_automatically").optional(),
  billing_mode: z
    .strictObject({ type: z.enum(["classic", "flexible"]), flexible: accepted.optional() })
    .optional(),
  currency: text.optional(),
  off_session: boolean.optional(),
  proration_behavior: proration.optional(),
  automatic_tax: accepted.optional(),
};

/** The parameters of a change. */
export const updateParams = {
  items: z
    .array(
      z.strictObject({
        id: text.optional(),
        price: text.optional(),
        quantity: quantity.optional(),
        deleted: boolean.optional(),
        clear_usage: accepted.optional(),
        metadata: plainMetadata.optional(),
      }),
    )
    .optional(),
  metadata: metadata.optional(),
  description: clearable.optional(),
  cancel_at_period_end: boolean.optional(),
  cancel_at: cancelAt.optional(),
  cancellation_details: z
    .strictObject({ comment: clearable.optional(), feedback: clearable.optional() })
    .optional(),
  default_payment_method: text.optional(),
  pause_collection: z
    .union([
      z.literal(""),
      z.strictObject({
        behavior: z.enum(["keep_as_draft", "mark_uncollectible", "void"]),
        resumes_at: integer.optional(),
      }),
    ])
    .optional(),
  payment_behavior: z.enum(["allow_incomplete", "default_incomplete", "error_if_incomplete"]).optional(),
  payment_settings: paymentSettings.optional(),
  proration_behavior: proration.optional(),
  proration_date: integer.optional(),
  trial_end: z.union([z.literal("now"), integer]).optional(),
  trial_settings: endBehavior.optional(),
  off_session: boolean.optional(),
};
