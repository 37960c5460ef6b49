import { readdirSync, readFileSync } from "node:fs";
import { z } from "zod";

const FOLDER = new URL("../fixtures/stripe/", import.meta.url);

const Fixture = z.looseObject({
  id: z.string(),
  type: z.string(),
  api_version: z.string(),
  data: z.looseObject({ object: z.record(z.string(), z.unknown()) }),
});

/** The names of all recorded events, such as `invoice.paid` and, in its old shape, `invoice.paid.pre-basil`. */
export const FIXTURES: readonly string[] = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ""));

export const eventText = (name: string): string => readFileSync(new URL(`${name}.json`, FOLDER), "utf8");

export const event = (name: string): z.infer<typeof Fixture> => Fixture.parse(JSON.parse(eventText(name)));

/** The object that an event is about, with some of its fields replaced. */
export const object = (
  name: string,
  fields: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> => ({
  ...event(name).data.object,
  ...fields,
});

/** The ids of the fixtures. All of them tell of one subscription, its checkout, two invoices, a refund and a dispute. */
export const REFERENCE = "b7a1c5de-2f43-4a8e-8f10-5c9d2e6b7a30";
export const CHECKOUT = "3f0c8f6e-6a55-4c1b-9c62-0d1f7f0a9b21";
export const CUSTOMER = "cus_U3kWq8ZbT1mYvN";
export const SESSION = "cs_test_a1G7vXk2LqP9sTzB4nWc8RyJmD5hFoE3uQ6iKtA0gZxVbN1Cw";
export const SUBSCRIPTION = "sub_1SPlA2Kd7XwR4fJ9cQ0tHbEm";
export const PRICE = "price_1SAbC0Kd7XwR4fJ9mPro0029";
export const FIRST_INVOICE = "in_1SPlA2Kd7XwR4fJ9Lq3WnVzy";
export const RENEWAL = "in_1Sa8cFKd7XwR4fJ9Rn7TyUio";
export const PAYMENT = "pi_3SPlA3Kd7XwR4fJ91qWeRtYu";
export const CHARGE = "ch_3SPlA3Kd7XwR4fJ91gHjKlZx";
export const REFUND = "re_3SPlA3Kd7XwR4fJ91aSdFgHj";
export const DISPUTE = "du_1SPlD1Kd7XwR4fJ9zXcVbNmA";
