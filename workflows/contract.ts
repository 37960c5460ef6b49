import { defineSignal, defineUpdate } from "@temporalio/workflow";
import type { Change, CommandKind, Outcome, Parameters } from "../domain/command.ts";
import type { CheckoutId, SubscriptionId } from "../domain/ids.ts";
import type { Provider } from "../domain/provider.ts";
import type { Status } from "../domain/status.ts";
import type { Instant } from "../domain/time.ts";

/** What is refused of an asker's words: whoever keeps them before they are sent asks the same. */
export { checkAskedBy } from "./validate.ts";

export const TASK_QUEUE = "perennial";

/** One workflow per subscription, alive as long as it. */
export const SUBSCRIPTION_WORKFLOW = "subscription";
export const ROUTE_EVENT_WORKFLOW = "routeEvent";
export const SWEEP_WORKFLOW = "sweep";
export const SWEEP_SCHEDULE = "sweep";
export const VERIFY_WORKFLOW = "verify";
export const VERIFY_SCHEDULE = "verification";
export const CATCH_UP_WORKFLOW = "catchUp";
export const CATCH_UP_SCHEDULE = "catch-up";

export const subscriptionWorkflowId = (id: SubscriptionId): string => `subscription/${id}`;
export const routeEventWorkflowId = (provider: Provider, eventId: string): string =>
  `route-event/${provider}/${eventId}`;

/** "Look again": carries nothing, because what happened is in Postgres and at the provider (R4). */
export const wake = defineSignal("wake");

/** Opens the provider's session. */
export const checkout = defineUpdate<CommandReply, [{ readonly id: CheckoutId }]>("checkout");
/** Ends the subscription at the provider now. By hand in the Web UI: `{"by":"maria","why":"asked by phone"}`. */
export const cancel = defineUpdate<CommandReply, [AskedBy]>("cancel");
/** Lets it run until its period ends, and no longer. */
export const cancelAtPeriodEnd = defineUpdate<CommandReply, [AskedBy]>("cancel_at_period_end");
/** Takes an arranged end back, whoever arranged it. */
export const uncancel = defineUpdate<CommandReply, [AskedBy]>("uncancel");
/** Collects nothing and gives no access until it is resumed. */
export const pause = defineUpdate<CommandReply, [AskedBy]>("pause");
export const resume = defineUpdate<CommandReply, [AskedBy]>("resume");
/** Tries to collect the open invoice now. */
export const retryPayment = defineUpdate<CommandReply, [AskedBy]>("retry_payment");
/**
 * Another tier, interval or quantity: now, the difference invoiced at once, or when the period ends. By hand:
 * `{"by":"maria","tier":"scale","at":"period_end"}`.
 */
export const change = defineUpdate<CommandReply, [AskedChange]>("change");
/** Puts the end of an overdue customer's access off by so many days. By hand: `{"by":"maria","days":10}`. */
export const extendGrace = defineUpdate<CommandReply, [AskedExtension]>("extend_grace");
/** Reads the provider's truth now. */
export const resync = defineUpdate<CommandReply, [AskedBy]>("resync");
/** Puts parked events back to be tried again and clears the need for attention. */
export const unpark = defineUpdate<CommandReply, [AskedBy]>("unpark");

/** Who asks, and why: words of an operator, without personal data of a customer (R10). */
export interface AskedBy {
  readonly by: string;
  readonly why?: string;
  /**
   * The command's id: asked twice with the same, it is done once and answered alike. Not the update's own id, because
   * Temporal would repeat an answer of "pending" for ever; that one serves where none is given, as by hand.
   */
  readonly id?: string;
}

export type AskedChange = AskedBy & Change;

export type AskedExtension = AskedBy & { readonly days: number };

/** `pending`: the provider or the database is away; the command is kept and will be carried out. */
export type CommandReply = Outcome | { readonly state: "pending"; readonly what: string };

export interface SubscriptionInput {
  readonly subscriptionId: SubscriptionId;
  /** Only a run that continues another has it; every other start reads its row. */
  readonly carried?: Carried;
}

/** What one run hands to the next. A wire format: fields may be added, never changed. */
export interface Carried {
  readonly dirty: boolean;
  readonly commands: readonly AskedCommand[];
  /** Milliseconds, by the system's clock (offset included), or null: none. */
  readonly deadline: Instant | null;
  readonly offsetMs: number;
  readonly standing: Standing | null;
  /** What it is listed by already: Temporal keeps that from run to run. */
  readonly listed?: string;
}

export interface AskedCommand {
  readonly id: string;
  readonly kind: CommandKind;
  readonly by: string;
  readonly why: string | null;
  /** Of `change` and `extend_grace` only. */
  readonly parameters?: Parameters;
}

/** What operators see of it: in the workflow's details and, at the end, as its result. */
export interface Standing {
  readonly state: Status | "checkout" | "none";
  /** Since when, as ISO 8601, or null before there is a subscription. */
  readonly since: string | null;
  readonly why: string;
  readonly nextDeadline: string | null;
  readonly needsAttention: string | null;
}

export type SubscriptionResult = Standing & { readonly subscriptionId: SubscriptionId };

export interface RouteEventInput {
  readonly provider: Provider;
  readonly eventId: string;
}
