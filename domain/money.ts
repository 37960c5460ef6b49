/** An amount in the currency's minor unit (cents of usd, paise of inr). Negative only in differences. */
export interface Money {
  readonly amount: number;
  /** ISO 4217, lower case as Stripe writes it. */
  readonly currency: string;
}

/** Currencies without a minor unit (docs.stripe.com/currencies#zero-decimal). */
const ZERO_DECIMAL = new Set("bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split(" "));

/** Currencies with a thousandth (docs.stripe.com/currencies#three-decimal). */
const THREE_DECIMAL = new Set("bhd jod kwd omr tnd".split(" "));

/** For people: `29.00 USD`. */
export function formatMoney({ amount, currency }: Money): string {
  const decimals = ZERO_DECIMAL.has(currency) ? 0 : THREE_DECIMAL.has(currency) ? 3 : 2;
  return `${(amount / 10 ** decimals).toFixed(decimals)} ${currency.toUpperCase()}`;
}
