import type { Logger } from "pino";
import type { Provider } from "../domain/provider.ts";
import type { PaymentProvider } from "../providers/provider.ts";
import type { Pool } from "../store/pool.ts";
import type { Gateway } from "../temporal/gateway.ts";
import type { Channel } from "./channels/channel.ts";

/** What the activities work with; put together once, in `cli/`. */
export interface Deps {
  readonly pool: Pool;
  readonly providers: ReadonlyMap<Provider, PaymentProvider>;
  readonly channels: readonly Channel[];
  readonly gateway: Gateway;
  readonly log: Logger;
  readonly settings: {
    /** Where customers reach the API: success and cancel pages. No slash at the end. */
    readonly publicUrl: string;
    /** The version of this code, recorded with each decision. */
    readonly codeVersion: string;
    /** How long an event, a command or an overdue look may wait before the sweep takes it up, in seconds. */
    readonly sweepAfterSeconds: number;
  };
}

/** The provider by its name. @throws Error when this installation is not set up for it. */
export function providerOf(deps: Pick<Deps, "providers">, name: Provider): PaymentProvider {
  const provider = deps.providers.get(name);
  if (provider === undefined) throw new Error(`no settings for the provider ${name}`);
  return provider;
}
