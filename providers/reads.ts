import type { Money } from "../domain/money.ts";

/** What a change would cost, by the provider's own reckoning. Nothing of it is kept. */
export interface Preview {
  /** Charged at once; of a change at the period's end, nothing. */
  readonly dueNow: Money;
  /** What the customer is given at once, for invoices to come. */
  readonly creditedNow: Money;
  /** What is charged and credited at once, before the customer's own credit. */
  readonly linesNow: readonly PreviewLine[];
  /** The invoice of the next renewal on the new terms, or null: none comes, or the provider says none yet. */
  readonly next: { readonly at: number; readonly total: Money } | null;
}

export interface PreviewLine {
  readonly description: string | null;
  /** Negative: it is credited. */
  readonly amount: Money;
  /** Milliseconds. */
  readonly start: number;
  readonly end: number;
  /** A part of a period. */
  readonly isProration: boolean;
}

/** Where in the provider's own pages the customer begins. */
type PortalFlow =
  | { readonly type: "payment_method_update" }
  | { readonly type: "subscription_cancel" | "subscription_update"; readonly subscriptionId: string };

/** An invoice as customers see it. Times in milliseconds. */
export interface ListedInvoice {
  readonly id: string;
  /** Null: it is a draft. */
  readonly number: string | null;
  readonly status: string;
  readonly currency: string;
  readonly total: number;
  readonly amountDue: number;
  readonly amountPaid: number;
  readonly amountRemaining: number;
  readonly createdAt: number;
  readonly dueAt: number | null;
  readonly paidAt: number | null;
  /** The provider's pages of it: addresses that let anybody in who has them. */
  readonly pageUrl: string | null;
  readonly pdfUrl: string | null;
}

export interface InvoicePage {
  /** Newest first. */
  readonly invoices: readonly ListedInvoice[];
  /** Where the next page begins; null: this was the last. */
  readonly next: string | null;
}

/** What is read while somebody waits for it, and stored nowhere. Each of the promises ends within 4 s. */
export interface ProviderReads {
  /**
   * What a change would cost.
   * @throws ProviderError
   */
  preview(wanted: {
    readonly subscriptionId: string;
    readonly priceId: string;
    readonly quantity: number;
    readonly at: "now" | "period_end";
  }): Promise<Preview>;

  /**
   * Makes a link to the provider's own pages for one customer. It lets in whoever has it: for the customer's eyes only.
   * @throws ProviderError
   */
  portal(wanted: {
    readonly customerId: string;
    readonly returnUrl: string;
    readonly flow: PortalFlow | null;
  }): Promise<{ readonly url: string }>;

  /**
   * One page of a subscription's invoices.
   * @param place where to begin, as the page before says; null: at the newest
   * @throws ProviderError not_found for a place that is none
   */
  invoices(subscriptionId: string, place: string | null, limit: number): Promise<InvoicePage>;
}
