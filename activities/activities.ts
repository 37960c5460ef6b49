import type { SubscriptionId } from "../domain/ids.ts";
import type { Provider } from "../domain/provider.ts";
import { deliverAlerts } from "./alerting.ts";
import { alive } from "./alive.ts";
import { catchUp } from "./catch-up.ts";
import type { Deps } from "./deps.ts";
import { bounded } from "./failures.ts";
import { observe } from "./observe.ts";
import { perform } from "./perform.ts";
import { routeEvent } from "./route-event.ts";
import type { SettleInput } from "./settle.ts";
import { settle } from "./settle.ts";
import { sweep } from "./sweep.ts";
import { verify } from "./verify.ts";

export type Activities = ReturnType<typeof createActivities>;

/** The activities, thin: each is one function of this room with its dependencies and its way of failing. */
export function createActivities(deps: Deps) {
  return {
    observe: (id: SubscriptionId) => bounded(deps, "observe", () => observe(deps, id)),
    settle: (input: SettleInput) => bounded(deps, "settle", () => settle(deps, input)),
    perform: (id: SubscriptionId) => bounded(deps, "perform", () => alive(() => perform(deps, id))),
    deliver: (id: SubscriptionId, wakes: readonly SubscriptionId[]) =>
      bounded(deps, "deliver", async () => {
        // First what nothing else would make up for; alerts that are not sent stay owed.
        for (const other of wakes) await deps.gateway.wakeNow(other);
        await deliverAlerts(deps, id);
      }),
    routeEvent: (provider: Provider, eventId: string) =>
      bounded(deps, "routeEvent", () => routeEvent(deps, provider, eventId)),
    sweep: () => bounded(deps, "sweep", () => alive(() => sweep(deps))),
    verify: () => bounded(deps, "verify", () => verify(deps)),
    catchUp: () => bounded(deps, "catchUp", () => catchUp(deps)),
  };
}
