import { WorkflowNotFoundError } from "@temporalio/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { SubscriptionId } from "../../domain/ids.ts";
import { DAY, HOUR } from "../../domain/time.ts";
import type { Gateway } from "../../temporal/gateway.ts";
import { routeEventWorkflowId } from "../../workflows/contract.ts";
import { allApplied, control, eventually, reaches } from "../setup/customer.ts";
import { type System, startSystem } from "../setup/system.ts";
import { type Actions, actionsOf, totalOf } from "./actions.ts";
import { type Customer, settledCustomer } from "./by-hand.ts";
import { atRest, eventsOf, type HistoryEvent, handleOf, isAtRest, quiet, timersOf } from "./history.ts";

let system: System;
/** Whom the API would wake as soon as nothing more comes for a moment, where a test says itself when that is. */
let held: Set<SubscriptionId> | null = null;
let wake: Gateway["wake"];

beforeAll(async () => {
  system = await startSystem({
    api(deps) {
      wake = (id) => deps.gateway.wake(id);
      return {
        ...deps,
        gateway: { ...deps.gateway, wake: (id) => (held === null ? wake(id) : void held.add(id)) },
      };
    },
  });
});
afterAll(() => system.stop());

const Released = z.object({
  attempts: z.array(z.object({ event: z.string(), type: z.string(), status: z.literal(200) })),
});
const Events = z.object({ count: z.number() });
const eventsSoFar = async (): Promise<number> => Events.parse(await control(system, "GET", "/events")).count;

/** So long before a moment the clock is moved; the rest passes by itself, as time does. In milliseconds. */
const BEFORE = 3_000;

interface Moment {
  /** The types of the events that were delivered, sorted. */
  readonly types: readonly string[];
  readonly actions: Actions;
}

/**
 * What the provider tells at one moment, each event twice and the last one first, and what that costs: signals, turns,
 * and workflows that find out whose event it is. Moving the clock wakes every life, which no production does (R13):
 * the clock stops short of the moment, the life comes to rest, and only then is counted. That the deliveries reach
 * the API so soon one after the other that their wakes are one signal is seen to, not left to this machine.
 */
async function whatComesAt(moment: number, { id }: Customer): Promise<Moment> {
  const known = await eventsSoFar();
  await control(system, "POST", "/advance", { to: moment - BEFORE });
  const before = await quiet(system, id);
  await eventually("the provider tells of it", async () => (await eventsSoFar()) > known);
  held = new Set();
  const { attempts } = Released.parse(
    await control(system, "POST", "/deliveries/release", { order: "reversed", copies: 1 }),
  );
  for (const each of held) wake(each);
  held = null;
  await allApplied(system);
  const after = await quiet(system, id);
  const routing = await Promise.all([...new Set(attempts.map(({ event }) => event))].map(costOfRouting));
  return {
    types: attempts.map(({ type }) => type).toSorted(),
    actions: sumOf([actionsOf(after.slice(before.length)), ...routing]),
  };
}

/** What it has cost to find out whose event it is, where a workflow had to. */
async function costOfRouting(event: string): Promise<Actions> {
  try {
    const handle = system.temporal.workflow.getHandle(routeEventWorkflowId("stripe", event));
    await handle.describe();
    return actionsOf(await eventsOf(handle));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return {};
    throw error;
  }
}

const sumOf = (all: readonly Actions[]): Actions => {
  const kinds = [...new Set(all.flatMap((actions) => Object.keys(actions) as (keyof Actions)[]))];
  return Object.fromEntries(
    kinds.map((kind) => [kind, all.reduce((sum, actions) => sum + (actions[kind] ?? 0), 0)]),
  );
};

/** Wakes it, each time when it is at rest, until a turn ends the run. Answers what that last wake has cost. */
async function turnThatEndsTheRun(id: SubscriptionId): Promise<Actions> {
  for (;;) {
    const before = await atRest(system, id);
    const run = handleOf(system, id, (await handleOf(system, id).describe()).runId);
    await system.gateway.wakeNow(id);
    const turn = await eventually("the wake was heard", async () => {
      const events = await eventsOf(run);
      return (
        events.length > before.length && (isAtRest(events) || isEnded(events)) && events.slice(before.length)
      );
    });
    if (isEnded(turn)) return sumOf([actionsOf(turn), actionsOf(await atRest(system, id))]);
  }
}

const isEnded = (events: readonly HistoryEvent[]): boolean =>
  !!events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes;

const ordinaryTurn: Actions = { signal: 1, activity: 1, "local activities": 1, timer: 1 };

const twice = (...types: readonly string[]): readonly string[] => types.flatMap((type) => [type, type]);

describe("a month of a subscription, in actions as Temporal Cloud bills them", () => {
  const moments: Moment[] = [];
  let customer: Customer;
  let lastTimer: HistoryEvent | undefined;
  let lastTurn: Actions;

  beforeAll(async () => {
    customer = await settledCustomer(system);
    await control(system, "POST", "/knobs", { delivery: { hold: true } });
    const { end } = (await reaches(system, customer.id, "active")).subscription.period;
    for (const moment of [end - 7 * DAY, end, end + HOUR]) {
      moments.push(await whatComesAt(moment, customer));
    }
    lastTimer = (await atRest(system, customer.id)).findLast((event) => event.timerStartedEventAttributes);
    lastTurn = await turnThatEndsTheRun(customer.id);
  });

  test("R5: what comes at one moment is one turn, whatever the events name and however often they come", () => {
    expect(moments).toEqual([
      { types: twice("invoice.upcoming"), actions: ordinaryTurn },
      {
        types: twice("customer.subscription.updated", "invoice.created"),
        // The period by which operators list it is another.
        actions: { ...ordinaryTurn, "search attributes": 1 },
      },
      {
        types: twice(
          "charge.succeeded",
          "invoice.finalized",
          "invoice.paid",
          "invoice.payment_succeeded",
          "invoice.updated",
          "invoice.updated",
          "invoice_payment.paid",
          "payment_intent.created",
          "payment_intent.succeeded",
        ),
        actions: ordinaryTurn,
      },
    ]);
  });

  test("a turn after which the next run goes on costs one action more: that run's start", () => {
    expect(lastTurn).toEqual({ ...ordinaryTurn, start: 1 });
  });

  test("the next run knows its place in lists, and writes it only when it changes", async () => {
    const before = await quiet(system, customer.id);
    await system.gateway.wakeNow(customer.id);
    const after = await eventually("the wake was heard", async () => {
      const events = await quiet(system, customer.id);
      return events.length > before.length && events;
    });
    expect(actionsOf(after.slice(before.length))).toEqual(ordinaryTurn);
  });

  test("the month's renewal costs at most 15: all of the provider's events, each twice, and once a next run", () => {
    const anotherRun = totalOf(lastTurn) - totalOf(ordinaryTurn);
    const month = totalOf(...moments.map(({ actions }) => actions)) + anotherRun;
    expect(month).toBeLessThanOrEqual(15);
  });

  /**
   * Four weeks cannot be waited for. What ends them is in the history: the timer. What follows when it fires is the turn
   * above, with a timer that fired in the place of a signal; that 28 days are enough to end a run is shown in `run.test.ts`.
   */
  test("a quiet month costs at most 4: a look after 28 days, the next run and its timer", () => {
    expect(lastTimer && timersOf([lastTimer])).toEqual(["A look at least monthly"]);
    expect(Number(lastTimer?.timerStartedEventAttributes?.startToFireTimeout?.seconds)).toBe(
      (28 * DAY) / 1_000,
    );
    const { signal, ...month } = lastTurn;
    expect(signal).toBe(1);
    expect(totalOf(month)).toBeLessThanOrEqual(4);
  });
});
