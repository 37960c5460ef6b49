/** What operators list workflows by in the Temporal Web UI. No personal data: search attributes are never encrypted. */
export const SEARCH_ATTRIBUTES = {
  BillingStatus: "Keyword",
  BillingProvider: "Keyword",
  BillingTier: "Keyword",
  BillingReceipt: "Keyword",
  ProviderSubscriptionId: "Keyword",
  NeedsAttention: "Bool",
  PeriodEnd: "Datetime",
} as const;
