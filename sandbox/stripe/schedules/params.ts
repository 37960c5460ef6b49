import { z } from "zod";
import { accepted, integer, metadata, quantity, text } from "../http/params.ts";

const moment = z.union([z.literal("now"), integer]);
const proration = z.enum(["always_invoice", "create_prorations", "none"]);
const plainMetadata = z.record(z.string(), z.string());

/** The parameters of a new schedule. */
export const createScheduleParams = {
  from_subscription: text.optional(),
  customer: accepted.optional(),
  default_settings: accepted.optional(),
  end_behavior: accepted.optional(),
  metadata: accepted.optional(),
  phases: accepted.optional(),
  start_date: accepted.optional(),
};

/** One phase as it is asked for. */
const phaseParams = z.strictObject({
  items: z
    .array(z.strictObject({ price: text, quantity: quantity.optional(), metadata: plainMetadata.optional() }))
    .min(1),
  start_date: moment.optional(),
  end_date: moment.optional(),
  duration: z
    .strictObject({
      interval: z.enum(["day", "week", "month", "year"]),
      interval_count: quantity.optional(),
    })
    .optional(),
  proration_behavior: proration.optional(),
  metadata: plainMetadata.optional(),
  trial_end: integer.optional(),
  collection_method: z.literal("charge_automatically").optional(),
  automatic_tax: accepted.optional(),
  currency: accepted.optional(),
  default_payment_method: accepted.optional(),
  default_tax_rates: accepted.optional(),
  description: accepted.optional(),
  discounts: accepted.optional(),
});

export type PhaseParams = z.infer<typeof phaseParams>;

/** The parameters of a change. */
export const updateScheduleParams = {
  end_behavior: z.enum(["cancel", "release"]).optional(),
  phases: z.array(phaseParams).min(1).optional(),
  metadata: metadata.optional(),
  proration_behavior: proration.optional(),
};
