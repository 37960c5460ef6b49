import type { Decision } from "../../domain/decide.ts";
import type { Life, Turn } from "../../domain/life.ts";
import type { ObservedInvoice, ObservedSubscription } from "../../domain/observation.ts";
import type { DunningCalendar } from "../../domain/policy.ts";
import type { Status } from "../../domain/status.ts";
import { DAY } from "../../domain/time.ts";
import { CATALOG, failedInvoice, IN, observed, START } from "./builders.ts";
import { byPolicy, decideOn } from "./deciding.ts";

/** The customer's subscription, whose invoice of START has failed, is looked at by the calendar. */
export interface Look {
  readonly now: number;
  readonly status?: Status;
  readonly seen?: Partial<ObservedSubscription>;
  readonly invoices?: readonly ObservedInvoice[];
  readonly known?: Partial<Life>;
  readonly calendar?: Partial<DunningCalendar>;
  readonly change?: Partial<Turn>;
}

export const OPEN = failedInvoice({ nextAttemptAt: null });
export const END = START + 14 * DAY;

export const catalogWith = (calendar: Partial<DunningCalendar>): Turn["catalog"] =>
  byPolicy({ dunning: { ...CATALOG.policy.dunning, ...calendar } });

export function look({
  now,
  status = "past_due",
  seen,
  invoices = [OPEN],
  known,
  calendar = {},
  change,
}: Look): Decision {
  return decideOn(
    { subscription: observed({ status, ...seen }), invoices },
    { subscription: IN.past_due, ...known },
    { now, catalog: catalogWith(calendar), ...change },
  );
}

export const OURS_TO_TELL = /^(dunning|access_ended|customer_access_ended):/;

/** What our calendar tells, and in brackets what it only records. */
export const calendarOf = ({ alerts }: Decision): readonly string[] =>
  alerts.flatMap(({ key, superseded }) => (OURS_TO_TELL.test(key) ? [superseded ? `(${key})` : key] : []));

export const callsOf = ({ calls }: Decision): readonly string[] => calls.map(({ key }) => key);

export const ACCESS_ENDED = [`access_ended:sub_1:${START}+0`, `customer_access_ended:sub_1:${START}+0`];
export const END_UNPAID = `stripe/end_unpaid/sub_1/${END}`;
