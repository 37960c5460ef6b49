import { z } from "zod";
import type { SubscriptionId } from "../../domain/ids.ts";
import { control, eventually, reaches } from "../setup/customer.ts";
import { openPage, payAt } from "../setup/customer-acts.ts";
import { booksOf, stripe } from "../setup/sandbox-account.ts";
import type { System } from "../setup/system.ts";

/** A subscription of ours, and what belongs to it at the provider. */
export interface Bought {
  readonly id: SubscriptionId;
  readonly checkout: string;
  readonly session: string;
  readonly provider: string;
  readonly customer: string;
  readonly invoice: string;
  readonly charge: string;
}

const Events = z.object({
  data: z.array(z.object({ id: z.string(), data: z.object({ object: z.unknown() }) })),
});

/** Lets events out one by one: the sandbox holds all, and each happening is told by the one event that a test names. */
export class Teller {
  readonly #system: System;
  /** The types that were told. */
  readonly told = new Set<string>();

  constructor(system: System) {
    this.#system = system;
  }

  /** Pays at our page. Nobody has told us. */
  async buysUnheard(receipt: string): Promise<Bought> {
    const { id, checkout, session } = await openPage(this.#system, receipt);
    const provider = await payAt(this.#system, session);
    const books = (await booksOf(this.#system)).subscriptions.find((each) => each.id === provider);
    const [invoice, charge] = [books?.invoices[0]?.id, books?.charges[0]?.id];
    if (books === undefined || invoice === undefined || charge === undefined)
      throw new Error("nothing was bought");
    return { id, checkout, session, provider, customer: books.customer, invoice, charge };
  }

  async buys(receipt: string): Promise<Bought> {
    const bought = await this.buysUnheard(receipt);
    await this.hears("checkout.session.completed", bought.session);
    await reaches(this.#system, bought.id, "active");
    return bought;
  }

  /** The newest event of the type that says anything of this object arrives and is applied; no other. */
  async hears(type: string, about: string): Promise<void> {
    const { data } = Events.parse(await stripe(this.#system, "GET", "/v1/events", { type, limit: "100" }));
    const event = data.find((each) => JSON.stringify(each.data.object).includes(about));
    if (event === undefined) throw new Error(`the sandbox has told no ${type} about ${about}`);
    await this.#arrives(type, event.id);
  }

  /** One that the sandbox does not send by itself, or not in this shape. */
  async hearsOf(type: string, object: unknown, version?: string): Promise<void> {
    const made = await control(this.#system, "POST", "/events", {
      type,
      object,
      ...(version === undefined ? {} : { api_version: version }),
    });
    await this.#arrives(type, z.object({ event: z.string() }).parse(made).event);
  }

  async #arrives(type: string, event: string): Promise<void> {
    await control(this.#system, "POST", "/deliveries/release", { events: [event] });
    await eventually(`${type} is applied`, async () => {
      const { rowCount } = await this.#system.database.pool.query(
        "select from webhook_events where id = $1 and type = $2 and state = 'applied'",
        [event, type],
      );
      return rowCount === 1;
    });
    this.told.add(type);
  }
}
