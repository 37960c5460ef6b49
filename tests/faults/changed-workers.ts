import type { WorkerDecoration } from "../../cli/worker-process.ts";
import type { PaymentProvider } from "../../providers/provider.ts";
import { createStripeProvider } from "../../providers/stripe/stripe-provider.ts";
import type { System } from "../setup/system.ts";

const HASTE = { webhookSecrets: ["whsec_sandbox"], secretKey: "sk_test_sandbox", limitMs: 2_000 };

/** A worker that waits half a second for an answer of the provider, and no longer; customers reach us at the address given. */
export const impatient = ({ sandbox }: Pick<System, "sandbox">, publicUrl?: string): WorkerDecoration => ({
  deps: (deps) => ({
    ...deps,
    settings: publicUrl === undefined ? deps.settings : { ...deps.settings, publicUrl },
    providers: new Map([["stripe", createStripeProvider({ ...HASTE, apiBase: sandbox.url })]]),
  }),
});

/** A worker with a changed provider. */
export const changed = (change: (provider: PaymentProvider) => PaymentProvider): WorkerDecoration => ({
  deps: (deps) => ({
    ...deps,
    providers: new Map([...deps.providers].map(([name, provider]) => [name, change(provider)])),
  }),
});
