import type { CheckoutId } from "../../domain/ids.ts";
import type { Gateway } from "../../temporal/gateway.ts";
import { within } from "../within.ts";

type OpenCheckout = Gateway["openCheckout"];

/**
 * Has requests that come while their checkout is being opened wait for the same answer: a workflow takes ten
 * questions at a time, and Temporal makes the eleventh wait for a second and more.
 */
export function openOnce(gateway: Pick<Gateway, "openCheckout">): OpenCheckout {
  const opening = new Map<CheckoutId, ReturnType<OpenCheckout>>();
  return (id, checkoutId, timeoutMs) => {
    const earlier = opening.get(checkoutId);
    if (earlier !== undefined) return within(timeoutMs, earlier);
    const reply = gateway
      .openCheckout(id, checkoutId, timeoutMs)
      .finally(() => void opening.delete(checkoutId));
    opening.set(checkoutId, reply);
    return reply;
  };
}
