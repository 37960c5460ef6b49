import { createHash } from "node:crypto";
import { v5 as uuidv5 } from "uuid";
import { z } from "zod";
import { INTERVALS } from "../../domain/catalog.ts";
import type { Parameters, SubscriptionCommand } from "../../domain/command.ts";
import { SUBSCRIPTION_COMMANDS } from "../../domain/command.ts";
import type { SubscriptionId } from "../../domain/ids.ts";
import { unfitWords } from "../../temporal/commands.ts";
import { ApiError } from "../api-error.ts";
import { MOST_OF_ONE } from "../checkout/request.ts";
import { parseBody } from "../parse-body.ts";

/** The namespace of the ids of commands that came by HTTP. */
const COMMANDS = "6c1f5f3e-0d3b-4a57-9c55-2f6f6a1b8e10";

/** So far can one command put the end of access off; it can be given again. */
const MOST_DAYS = 90;

const WHO = { by: z.string().default("api"), why: z.string().nullish() };
/** What a change can ask for; at least one of the first three. */
export const WANTED = {
  tier: z
    .string()
    .regex(/^[\w-]{1,64}$/, "expected the name of a tier")
    .optional(),
  interval: z.enum(INTERVALS).optional(),
  quantity: z.int().min(1).max(MOST_OF_ONE).optional(),
  at: z.enum(["now", "period_end"]).optional(),
};

type Said = { readonly [Name in keyof typeof WANTED]?: unknown };
/** A check of zod's, and what it says. */
export const saysWhat = [
  ({ tier, interval, quantity }: Said): boolean =>
    tier !== undefined || interval !== undefined || quantity !== undefined,
  "say a tier, an interval or a quantity, or several of them",
] as const;

const Plain = z.strictObject(WHO);
const Changing = z.strictObject({ ...WHO, ...WANTED }).refine(...saysWhat);
const Extending = z.strictObject({ ...WHO, days: z.int().min(1).max(MOST_DAYS) });

type Asked = z.infer<typeof Plain> & Partial<z.infer<typeof Changing>> & Partial<z.infer<typeof Extending>>;

function schemaOf(kind: SubscriptionCommand): z.ZodType<Asked> {
  if (kind === "change") return Changing;
  return kind === "extend_grace" ? Extending : Plain;
}

/** What is asked of one subscription. */
export interface CommandRequest {
  readonly subscriptionId: SubscriptionId;
  readonly kind: SubscriptionCommand;
  readonly by: string;
  readonly why: string | null;
  /** Empty but for `change` and `extend_grace`. */
  readonly parameters: Parameters;
}

/** `cancel-at-period-end` in an address: the command of that name, or undefined. */
export const commandNamed = (word: string | undefined): SubscriptionCommand | undefined =>
  SUBSCRIPTION_COMMANDS.find((kind) => inAddress(kind) === word);

export const inAddress = (kind: SubscriptionCommand): string => kind.replaceAll("_", "-");

/** @throws ApiError 400 naming each field that is wrong, and never its value */
export function parseCommandRequest(
  subscriptionId: SubscriptionId,
  kind: SubscriptionCommand,
  body: unknown,
): CommandRequest {
  const { by, why, ...wanted } = parseBody(schemaOf(kind), body);
  const unfit = unfitWords({ by, why: why ?? "" });
  if (unfit !== null) throw new ApiError(400, "invalid_request", unfit);
  return { subscriptionId, kind, by, why: why ?? null, parameters: said(wanted) };
}

/** Without what was not said. */
export const said = ({ tier, interval, quantity, at, days }: Unsaid): Parameters => ({
  ...(tier === undefined ? {} : { tier }),
  ...(interval === undefined ? {} : { interval }),
  ...(quantity === undefined ? {} : { quantity }),
  ...(at === undefined ? {} : { at }),
  ...(days === undefined ? {} : { days }),
});

type Unsaid = { readonly [Name in keyof Parameters]?: Parameters[Name] | undefined };

/** The same key is the same command, whoever repeats it. */
export const commandIdOf = (caller: string, key: string): string => uuidv5(`${caller}:${key}`, COMMANDS);

/** Names the request: the same key must come with the same one. */
export function hashOf({ subscriptionId, kind, by, why, parameters }: CommandRequest): string {
  const { tier, quantity, ...more } = parameters;
  const request = [subscriptionId, kind, by, why, tier, quantity];
  return createHash("sha256")
    .update(JSON.stringify(Object.keys(more).length === 0 ? request : [...request, more]))
    .digest("hex");
}
