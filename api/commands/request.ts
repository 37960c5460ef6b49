import { createHash } from "node:crypto";
import { v5 as uuidv5 } from "uuid";
import { z } from "zod";
import type { Change, SubscriptionCommand } from "../../domain/command.ts";
import { SUBSCRIPTION_COMMANDS } from "../../domain/command.ts";
import type { SubscriptionId } from "../../domain/ids.ts";
import { unfitWords } from "../../temporal/commands.ts";
import { ApiError } from "../api-error.ts";
import { MOST_OF_ONE } from "../checkout/request.ts";
import { parseBody } from "../parse-body.ts";

/** The namespace of the ids of commands that came by HTTP. */
const COMMANDS = "6c1f5f3e-0d3b-4a57-9c55-2f6f6a1b8e10";

const WHO = { by: z.string().default("api"), why: z.string().nullish() };
const Plain = z.strictObject(WHO);
const Changing = z
  .strictObject({
    ...WHO,
    tier: z
      .string()
      .regex(/^[\w-]{1,64}$/, "expected the name of a tier")
      .optional(),
    quantity: z.int().min(1).max(MOST_OF_ONE).optional(),
  })
  .refine(
    ({ tier, quantity }) => tier !== undefined || quantity !== undefined,
    "say a tier, a quantity, or both",
  );

/** What is asked of one subscription. */
export interface CommandRequest {
  readonly subscriptionId: SubscriptionId;
  readonly kind: SubscriptionCommand;
  readonly by: string;
  readonly why: string | null;
  /** Empty but for `change`. */
  readonly parameters: Change;
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
  const { by, why, ...wanted } = parseBody<z.infer<typeof Changing>>(
    kind === "change" ? Changing : Plain,
    body,
  );
  const unfit = unfitWords({ by, why: why ?? "" });
  if (unfit !== null) throw new ApiError(400, "invalid_request", unfit);
  const parameters = {
    ...(wanted.tier === undefined ? {} : { tier: wanted.tier }),
    ...(wanted.quantity === undefined ? {} : { quantity: wanted.quantity }),
  };
  return { subscriptionId, kind, by, why: why ?? null, parameters };
}

/** The same key is the same command, whoever repeats it. */
export const commandIdOf = (caller: string, key: string): string => uuidv5(`${caller}:${key}`, COMMANDS);

/** Names the request: the same key must come with the same one. */
export const hashOf = ({ subscriptionId, kind, by, why, parameters }: CommandRequest): string =>
  createHash("sha256")
    .update(JSON.stringify([subscriptionId, kind, by, why, parameters.tier, parameters.quantity]))
    .digest("hex");
