import { upsertSearchAttributes } from "@temporalio/workflow";
import type { Listed } from "../activities/report.ts";
import type { Standing } from "./contract.ts";
import type { Run } from "./run.ts";

const status = { name: "BillingStatus", type: "KEYWORD" } as const;
const provider = { name: "BillingProvider", type: "KEYWORD" } as const;
const tier = { name: "BillingTier", type: "KEYWORD" } as const;
const receipt = { name: "BillingReceipt", type: "KEYWORD" } as const;
const providerSubscriptionId = {
  name: "ProviderSubscriptionId",
  type: "KEYWORD",
} as const;
const needsAttention = { name: "NeedsAttention", type: "BOOL" } as const;
const periodEnd = { name: "PeriodEnd", type: "DATETIME" } as const;

/** What an operator reads in the Temporal Web UI, as Markdown. */
export const details = (standing: Standing): string =>
  [
    `**State:** ${standing.state}`,
    `**Since:** ${standing.since ?? "not yet"}`,
    `**Why:** ${standing.why}`,
    `**Next deadline:** ${standing.nextDeadline ?? "none"}`,
    ...(standing.needsAttention === null ? [] : [`**Needs attention:** ${standing.needsAttention}`]),
  ].join("\n\n");

/** Keeps the workflow's place in operators' lists; only a change is written, because each costs an action. */
export function list(run: Run, listed: Listed): void {
  const now = JSON.stringify(listed);
  if (now === run.listed) return;
  run.listed = now;
  upsertSearchAttributes([
    { key: status, value: listed.status },
    { key: provider, value: listed.provider },
    { key: tier, value: listed.tier },
    { key: receipt, value: listed.receipt },
    { key: providerSubscriptionId, value: listed.providerSubscriptionId },
    { key: needsAttention, value: listed.needsAttention },
    { key: periodEnd, value: listed.periodEnd === null ? null : new Date(listed.periodEnd) },
  ]);
}
