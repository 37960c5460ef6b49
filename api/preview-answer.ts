import { z } from "zod";
import type { Catalog } from "../domain/catalog.ts";
import type { Change } from "../domain/command.ts";
import { allowedCommands, forbidden } from "../domain/command.ts";
import { operationOf, wantedTerms } from "../domain/order.ts";
import type { Subscription } from "../domain/subscription.ts";
import type { Preview } from "../providers/reads.ts";
import { ApiError } from "./api-error.ts";
import { inAddress, said, saysWhat, WANTED } from "./commands/request.ts";
import { iso } from "./iso.ts";
import { parseBody } from "./parse-body.ts";

/** As the command, but from the words of an address. */
const Query = z
  .strictObject({
    ...WANTED,
    quantity: z
      .string()
      .regex(/^[1-9]\d{0,5}$/, "expected a whole number from 1 to 999999")
      .transform(Number)
      .optional(),
  })
  .refine(...saysWhat);

/** What a change is asked to be, by `?tier=&interval=&quantity=&at=`. @throws ApiError 400 */
export function parsePreview(query: URLSearchParams): Change {
  return said(parseBody(Query, Object.fromEntries(query)));
}

interface Asked {
  readonly priceId: string;
  readonly quantity: number;
  readonly at: "now" | "period_end";
}

/** What is to be previewed. @throws ApiError 409 for a change that the command would refuse, with the same words */
export function previewable(subscription: Subscription, wanted: Change, catalog: Catalog): Asked {
  const no = forbidden("change", subscription);
  if (no !== null) throw refused(no.reason, no.what, subscription);
  const operation = operationOf("change", subscription, [], wanted, catalog);
  if ("refused" in operation) throw refused(operation.refused, operation.what, subscription);
  const terms = wantedTerms(subscription.terms, wanted, catalog);
  if ("refused" in terms) throw refused(terms.refused, terms.what, subscription);
  return { priceId: terms.priceId, quantity: terms.quantity, at: wanted.at ?? "now" };
}

const refused = (reason: string, what: string, subscription: Subscription): ApiError =>
  new ApiError(409, reason, what, { fields: { allowed: allowedCommands(subscription).map(inAddress) } });

export const previewAnswer = ({ dueNow, creditedNow, linesNow, next }: Preview): object => ({
  currency: dueNow.currency,
  amount_due: dueNow.amount,
  amount_credited: creditedNow.amount,
  lines: linesNow.map(({ description, amount, start, end, isProration }) => ({
    description,
    ...amount,
    period_start: iso(start),
    period_end: iso(end),
    proration: isProration,
  })),
  next_invoice: next && { at: iso(next.at), ...next.total },
});
