import type { Logger } from "pino";
import type { Provider } from "../domain/provider.ts";
import type { PaymentProvider } from "../providers/provider.ts";
import type { Listener } from "../store/alerts.ts";
import type { Pool } from "../store/pool.ts";
import type { Gateway } from "../temporal/gateway.ts";

/** What the API works with; put together once, in `cli/`. */
export interface AppDeps {
  readonly settings: AppSettings;
  readonly pool: Pool;
  readonly providers: ReadonlyMap<Provider, PaymentProvider>;
  readonly gateway: Gateway;
  /** The channels that alerts are owed to. */
  readonly channels: readonly Listener[];
  /** Sends what is owed to the channels now; never throws. */
  readonly deliverAlerts: () => Promise<void>;
  readonly log: Logger;
}

interface AppSettings {
  /** Where customers reach the API. No slash at the end. */
  readonly publicUrl: string;
  /** What a product's backend shows to buy. */
  readonly apiKey: string;
  /** What an operator shows to see and mend. */
  readonly adminToken: string;
  /** Handed to front ends with a Stripe checkout, or null. */
  readonly stripePublishableKey: string | null;
  readonly defaultProvider: Provider;
  /** How many checkouts one API key may ask for in a minute. */
  readonly checkoutsPerMinute: number;
}
