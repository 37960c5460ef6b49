import {
  type Client,
  isGrpcServiceError,
  ServiceError,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from "@temporalio/client";
import type { CheckoutId, SubscriptionId } from "../domain/ids.ts";
import type { Provider } from "../domain/provider.ts";
import {
  type AskedBy,
  type CommandReply,
  cancel,
  checkout,
  ROUTE_EVENT_WORKFLOW,
  resync,
  routeEventWorkflowId,
  SUBSCRIPTION_WORKFLOW,
  type SubscriptionInput,
  subscriptionWorkflowId,
  TASK_QUEUE,
  unpark,
  wake,
} from "../workflows/contract.ts";

/** Wakes for one subscription that come within this time are one signal. */
const COALESCE_MS = 200;
/** How long one message to Temporal may take; what takes longer is left to the sweep. */
const MESSAGE_TIMEOUT_MS = 3_000;

/** Temporal, or the worker behind it, did not answer in time: what was asked may or may not happen. */
export class TemporalAway extends Error {
  override readonly name = "TemporalAway";
}

const OPERATOR_COMMANDS = { cancel, resync, unpark } as const;
/** What an operator can ask of a subscription. */
type OperatorCommand = keyof typeof OPERATOR_COMMANDS;

/** All that the rest of the system says to Temporal. */
export interface Gateway {
  /** Wakes the subscription's workflow soon. Never throws: a wake that is lost is made up for by the sweep (R1). */
  wake(id: SubscriptionId): void;
  /** Wakes it before the promise resolves. @throws TemporalAway */
  wakeNow(id: SubscriptionId): Promise<void>;
  /** Has an event's subscription found through the provider. Never throws; the sweep tries again. */
  route(provider: Provider, eventId: string): void;
  /** Has it found, started before the promise resolves. @throws TemporalAway */
  routeNow(provider: Provider, eventId: string): Promise<void>;
  /** Opens a checkout; the command is in Postgres already, under the checkout's id. @throws TemporalAway */
  openCheckout(id: SubscriptionId, checkoutId: CheckoutId, timeoutMs: number): Promise<CommandReply>;
  /**
   * Asks something of a subscription; the same command id asks it once, also after the subscription's end.
   * @throws TemporalAway
   */
  command(
    id: SubscriptionId,
    name: OperatorCommand,
    commandId: string,
    asked: Omit<AskedBy, "id">,
    timeoutMs: number,
  ): Promise<CommandReply>;
  /** Whether Temporal answers. */
  isUp(): Promise<boolean>;
  /** Sends the wakes that wait for company, then closes the connection. */
  close(): Promise<void>;
}

export function createGateway(client: Client, onLost: (what: string, error: unknown) => void): Gateway {
  const waiting = new Map<SubscriptionId, NodeJS.Timeout>();
  const sending = new Set<Promise<void>>();

  const inTime = async <T>(timeoutMs: number, work: () => Promise<T>): Promise<T> => {
    try {
      return await client.withDeadline(Date.now() + timeoutMs, work);
    } catch (error) {
      throw isAway(error) ? new TemporalAway("Temporal did not answer in time", { cause: error }) : error;
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

  const inBackground = (what: string, work: () => Promise<void>): void => {
    const promise = work()
      .catch((error: unknown) => onLost(what, error))
      .finally(() => sending.delete(promise));
    sending.add(promise);
  };
  const send = (id: SubscriptionId): void => {
    clearTimeout(waiting.get(id));
    waiting.delete(id);
    inBackground(`wake of ${id}`, () => wakeNow(id));
  };

  return {
    wake(id) {
      if (!waiting.has(id))
        waiting.set(
          id,
          setTimeout(() => send(id), COALESCE_MS),
        );
    },
    wakeNow,
    route: (provider, eventId) =>
      inBackground(`routing of ${provider} ${eventId}`, () => routeNow(provider, eventId)),
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
        client.workflow.executeUpdateWithStart(OPERATOR_COMMANDS[name], {
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
      for (const id of waiting.keys()) send(id);
      await Promise.all(sending);
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
    error instanceof WorkflowUpdateFailedError ||
    error instanceof ServiceError ||
    isGrpcServiceError(error)
  );
}
