import { v5 as uuidv5 } from "uuid";
import type { SubscriptionId } from "../domain/ids.ts";
import { subscriptionId } from "../domain/ids.ts";
import type { Provider } from "../domain/provider.ts";

const ADOPTED = "6f2d3a0e-5b7c-5e57-9c0a-6d1b7a3d5f21";

/** The id of an adopted subscription, made from the provider's, so that two births are one. */
export const adoptedId = (provider: Provider, providerSubscriptionId: string): SubscriptionId =>
  subscriptionId(uuidv5(`${provider}:${providerSubscriptionId}`, ADOPTED));
