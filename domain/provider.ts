export const PROVIDERS = ["stripe", "razorpay"] as const;

/** Who collects the money. */
export type Provider = (typeof PROVIDERS)[number];
