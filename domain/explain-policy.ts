import type { Alert } from "./alert.ts";
import { audienceOf } from "./alert.ts";
import type { Call, FinishedCall } from "./call.ts";
import { isOwn } from "./call.ts";
import type { Dunned } from "./dunning.ts";
import { accessEndedKey, isAtEnd } from "./dunning.ts";
import type { Turn } from "./life.ts";
import { formatMoney } from "./money.ts";

/** What we have done unasked since the last turn, and what we begin to do now, each in a few words. */
export const policyInWords = (
  turn: Turn,
  dunned: Dunned | null,
  decided: readonly Call[],
  alerts: readonly Alert[],
): readonly string[] => [
  ...turn.calls.flatMap(whatWasDone),
  ...accessOver(dunned),
  ...decided.flatMap(whatBegins),
  ...alerts.flatMap((alert) => whatCustomerHears(turn, alert)),
];

function whatCustomerHears({ life }: Turn, { key, kind, text, superseded }: Alert): readonly string[] {
  if (superseded || audienceOf(kind) !== "customer" || life.announced.includes(key)) return [];
  const [what = ""] = text.split(":");
  return [what.slice(0, 1).toLowerCase() + what.slice(1)];
}

function whatWasDone({ operation, end }: FinishedCall): readonly string[] {
  if (!isOwn(operation)) return [];
  switch (operation.name) {
    case "end_unpaid":
      return [end.state === "done" ? "unpaid to the end of our calendar, so we ended it" : notDone(end.what)];
    case "end_duplicate":
      return [
        end.state === "done"
          ? `the customer has another, ${operation.live}, so we ended this one`
          : notDone(end.what),
      ];
    case "refund_payment": {
      const reason =
        operation.because === "late" ? "it came in after the end" : "it was paid for a second one";
      return [
        end.state === "done"
          ? `we gave ${formatMoney(operation.refunded)} back: ${reason}`
          : `${formatMoney(operation.refunded)} could not be given back: ${end.what}`,
      ];
    }
    default:
      return operation satisfies never;
  }
}

const notDone = (why: string): string => `we did not end it: ${why}`;

/** Told once: in the turn that first sees it. */
const accessOver = (dunned: Dunned | null): readonly string[] =>
  dunned !== null && isAtEnd(dunned) && !dunned.announced.includes(accessEndedKey(dunned.subscription))
    ? ["our calendar has run out: its access is over"]
    : [];

function whatBegins({ operation }: Call): readonly string[] {
  if (!isOwn(operation)) return [];
  switch (operation.name) {
    case "end_unpaid":
      return ["it is to be cancelled"];
    case "end_duplicate":
      return [`the customer has another, ${operation.live}: this one is to be ended`];
    case "refund_payment":
      return [`${formatMoney(operation.refunded)} are to be given back`];
    default:
      return operation satisfies never;
  }
}
