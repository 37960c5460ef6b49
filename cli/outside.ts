import type { Logger } from "pino";
import type { Channel } from "../activities/channels/channel.ts";
import { createLogChannel } from "../activities/channels/log-channel.ts";
import { createSlackChannel } from "../activities/channels/slack-channel.ts";
import type { Provider } from "../domain/provider.ts";
import type { PaymentProvider } from "../providers/provider.ts";
import { createStripeProvider } from "../providers/stripe/stripe-provider.ts";
import type { WorkerConfig } from "./config.ts";

/** Those who collect the money, as far as this installation is set up for them. */
export const createProviders = (config: WorkerConfig): ReadonlyMap<Provider, PaymentProvider> =>
  new Map([
    [
      "stripe",
      createStripeProvider({
        secretKey: config.STRIPE_SECRET_KEY,
        webhookSecrets: config.STRIPE_WEBHOOK_SECRET,
        apiBase: config.STRIPE_API_BASE ?? null,
      }),
    ],
  ]);

/** Where people hear of alerts. */
export const createChannels = (config: WorkerConfig, log: Logger): readonly Channel[] => [
  createLogChannel(log),
  ...(config.SLACK_WEBHOOK_URL === undefined ? [] : [createSlackChannel(config.SLACK_WEBHOOK_URL)]),
];
