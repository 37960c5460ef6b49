/** The metadata key under which a Stripe subscription and its session carry our subscription id. */
export const METADATA_SUBSCRIPTION = "perennial_subscription";
/** The metadata key under which a Stripe customer carries our customer id. */
export const METADATA_CUSTOMER = "perennial_customer";
/** The metadata key under which a session carries our checkout id. */
export const METADATA_CHECKOUT = "perennial_checkout";
