import type { Logger } from "pino";
import type { Channel } from "../activities/channels/channel.ts";
import { createEmailChannel } from "../activities/channels/email-channel.ts";
import { createLogChannel } from "../activities/channels/log-channel.ts";
import { createSlackChannel } from "../activities/channels/slack-channel.ts";
import type { Deps } from "../activities/deps.ts";
import { payLinkOf } from "../activities/pay-link.ts";
import type { Provider } from "../domain/provider.ts";
import type { PaymentProvider } from "../providers/provider.ts";
import { createStripeProvider } from "../providers/stripe/stripe-provider.ts";
import { addressOfAlert } from "../store/alerts.ts";
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

/** Where operators hear of alerts, and customers of what concerns them. */
export function createChannels(
  config: WorkerConfig,
  deps: Pick<Deps, "pool" | "providers">,
  log: Logger,
): readonly Channel[] {
  const { SLACK_WEBHOOK_URL, SMTP_URL, MAIL_FROM, PRODUCT_NAME } = config;
  return [
    createLogChannel(log),
    ...(SLACK_WEBHOOK_URL === undefined ? [] : [createSlackChannel(SLACK_WEBHOOK_URL)]),
    ...(SMTP_URL === undefined || MAIL_FROM === undefined
      ? []
      : [
          createEmailChannel({
            smtpUrl: SMTP_URL,
            from: MAIL_FROM,
            productName: PRODUCT_NAME,
            addressOf: (alert) => addressOfAlert(deps.pool, alert.key),
            linkFor: (alert) => payLinkOf(deps, alert),
          }),
        ]),
  ];
}
