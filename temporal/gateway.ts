import {
  ApplicationFailure,
  type Client,
  isGrpcServiceError,
  ServiceError,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from "@temporalio/client";
import type { Parameters, SubscriptionCommand } from "../domain/command.ts";
import type { CheckoutId, SubscriptionId } from "../domain/ids.ts";
import type { Provider } from "../domain/provider.ts";
import {
  type AskedBy,
  type CommandReply,
  checkout,
  ROUTE_EVENT_WORKFLOW,
  routeEventWorkflowId,
  SUBSCRIPTION_WORKFLOW,
  type SubscriptionInput,
  subscriptionWorkflowId,
  TASK_QUEUE,
  wake,
} from "../workflows/contract.ts";
import { UPDATES } from "./commands.ts";
import { createCompany } from "./company.ts";

/** Wakes for one subscription that come one within this time of the other are one signal. */
const COALESCE_MS = 200;
/** However many come, a wake waits no longer than this. */
const COALESCE_AT_MOST_MS = 2_000;
/** How long an event that others may have routed by then waits for that. */
const OTHERS_MS = 2_000;
/** How long one message to Temporal may take; what takes longer is left to the sweep. */
const MESSAGE_TIMEOUT_MS = 3_000;

const NO_ANSWER = "Temporal did not answer in time";

/** Temporal, or the worker behind it, did not answer in time: what was asked may or may not happen. */
export class TemporalAway extends Error {
  override readonly name = "TemporalAway";
}

export type { CommandReply } from "../workflows/contract.ts";

/** All that the rest of the system says to Temporal. */
export interface Gateway {
  /** Wakes the subscription's workflow soon. Never throws: a wake that is lost is made up for by the sweep (R1). */
  wake(id: SubscriptionId): void;
  /** Wakes it before the promise resolves. @throws TemporalAway */
  wakeNow(id: SubscriptionId): Promise<void>;
  /**
   * Has an event's subscription found through the provider. Where it may soon be known without: `isRouted` is asked a
   * little later, and nobody else when it says so. Never throws; the sweep tries again.
   */
  route(provider: Provider, eventId: string, isRouted?: () => Promise<boolean>): void;
  /** Has it found, started before the promise resolves. @throws TemporalAway */
  routeNow(provider: Provider, eventId: string): Promise<void>;
  /** Opens a checkout; the command is in Postgres already, under the checkout's id. @throws TemporalAway */
  openCheckout(id: SubscriptionId, checkoutId: CheckoutId, timeoutMs: number): Promise<CommandReply>;
  /**
   * Asks something of a subscription; the same command id asks it once, also after the subscription's end.
   * @throws TemporalAway
   * @throws TypeError when its words are refused, such as an e-mail address: nothing was asked then
   */
  command(
    id: SubscriptionId,
    name: SubscriptionCommand,
    commandId: string,
    asked: Omit<AskedBy, "id"> & Parameters,
    timeoutMs: number,
  ): Promise<CommandReply>;
  /** Whether Temporal answers. */
  isUp(): Promise<boolean>;
  /** Says what waits for company, then closes the connection. */
  close(): Promise<void>;
}

export function createGateway(client: Client, onLost: (what: string, error: unknown) => void): Gateway {
  const wakes = createCompany(COALESCE_MS, COALESCE_AT_MOST_MS);
  const routes = createCompany(OTHERS_MS, OTHERS_MS);
  /** Everything that is said to Temporal and has no answer yet. */
  const underWay = new Set<Promise<unknown>>();
  const keep = (promise: Promise<unknown>): void => {
    const kept = promise.catch(() => undefined).finally(() => underWay.delete(kept));
    underWay.add(kept);
  };

  const inTime = async <T>(timeoutMs: number, work: () => Promise<T>): Promise<T> => {
    let timer: NodeJS.Timeout | undefined;
    // The client heeds its deadline only between tries, and pauses up to five seconds before the next.
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new TemporalAway(NO_ANSWER)), timeoutMs);
    });
    const call = client.withDeadline(Date.now() + timeoutMs, work);
    keep(call);
    try {
      return await Promise.race([call, late]);
    } catch (error) {
      if (isAway(error)) throw new TemporalAway(NO_ANSWER, { cause: error });
      if (error instanceof WorkflowUpdateFailedError) {
        throw new TypeError(error.cause?.message ?? "the command was refused", { cause: error });
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };

  const wakeNow = (id: SubscriptionId): Promise<void> =>
    inTime(MESSAGE_TIMEOUT_MS, async () => {
      await client.workflow.signalWithStart(SUBSCRIPTION_WORKFLOW, { ...start(id), signal: wake });
    });

  const routeNow = (provider: Provider, eventId: string): Promise<void> =>
    inTime(MESSAGE_TIMEOUT_MS, async () => {
      try {
        await client.workflow.start(ROUTE_EVENT_WORKFLOW, {
          workflowId: routeEventWorkflowId(provider, eventId),
          taskQueue: TASK_QUEUE,
          args: [{ provider, eventId }],
          workflowIdConflictPolicy: "USE_EXISTING",
        });
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    });

  const inBackground = (what: string, work: () => Promise<void>): void =>
    keep(work().catch((error: unknown) => onLost(what, error)));

  return {
    wake: (id) => wakes.wait(id, () => inBackground(`wake of ${id}`, () => wakeNow(id))),
    wakeNow,
    route(provider, eventId, isRouted) {
      const name = `routing of ${provider} ${eventId}`;
      const routeUnless = async (): Promise<void> => {
        if (isRouted === undefined || !(await isRouted())) await routeNow(provider, eventId);
      };
      if (isRouted === undefined) inBackground(name, routeUnless);
      else routes.wait(name, () => inBackground(name, routeUnless));
    },
    routeNow,
    openCheckout: (id, checkoutId, timeoutMs) =>
      inTime(timeoutMs, () =>
        client.workflow.executeUpdateWithStart(checkout, {
          args: [{ id: checkoutId }],
          startWorkflowOperation: new WithStartWorkflowOperation(SUBSCRIPTION_WORKFLOW, start(id)),
        }),
      ),
    command: (id, name, commandId, asked, timeoutMs) =>
      inTime(timeoutMs, () =>
        client.workflow.executeUpdateWithStart(UPDATES[name], {
          args: [{ ...asked, id: commandId }],
          startWorkflowOperation: new WithStartWorkflowOperation(SUBSCRIPTION_WORKFLOW, start(id)),
        }),
      ),
    async isUp() {
      try {
        await inTime(MESSAGE_TIMEOUT_MS, () => client.workflowService.getSystemInfo({}));
        return true;
      } catch {
        return false;
      }
    },
    async close() {
      wakes.sayAll();
      routes.sayAll();
      await Promise.all(underWay);
      // Of what has been routed just now.
      wakes.sayAll();
      // Also what nobody waits for any more: the client would try it again on a connection that is closed, and throw.
      await Promise.all(underWay);
      await client.connection.close();
    },
  };
}

/** The id is the only input: everything else is read from the rows (R8). */
const start = (id: SubscriptionId) => ({
  workflowId: subscriptionWorkflowId(id),
  taskQueue: TASK_QUEUE,
  args: [{ subscriptionId: id } satisfies SubscriptionInput] as [SubscriptionInput],
  workflowIdReusePolicy: "ALLOW_DUPLICATE" as const,
  workflowIdConflictPolicy: "USE_EXISTING" as const,
});

/** Whether the error says "no answer", in any of the SDK's ways of saying it. */
function isAway(error: unknown): boolean {
  return (
    error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
    // Its run ended before it was taken, or while its answer was waited for.
    error instanceof WorkflowNotFoundError ||
    isCutShort(error) ||
    error instanceof ServiceError ||
    isGrpcServiceError(error)
  );
}

/** A command that was taken, and whose run ended before the answer, as when somebody terminates it. */
const isCutShort = (error: unknown): boolean =>
  error instanceof WorkflowUpdateFailedError &&
  error.cause instanceof ApplicationFailure &&
  error.cause.type === "AcceptedUpdateCompletedWorkflow";
