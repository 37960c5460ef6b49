/** What may be seen of one day: nothing else may happen on it. */
export interface Day {
  /** Month and day, at noon of which the person does what `act` says; the provider's and our own clocks do the rest. */
  readonly on: string;
  readonly act?:
    | "buys Pro"
    | "loses the card"
    | "pays with another card"
    | "upgrades to Scale"
    | "pauses"
    | "resumes"
    | "gets 20.00 back"
    | "cancels at the period's end";
  /** Changes of the status. */
  readonly status?: string;
  readonly told?: readonly string[];
  /** Money that came in, or went back, in cents. */
  readonly money?: readonly number[];
  /** At the end of the day, where it has changed. */
  readonly access?: boolean;
}

/**
 * A year of one customer, written by hand: Pro at 29.00, 14 days of trial, bought on 1 January at noon; renewals on
 * the 15th, collected an hour later. Stripe tries a failed payment again after 3, then 5 days. The upgrade on 1 May
 * has 14 of 30 days left: 99.00 × 14/30 − 29.00 × 14/30 = 46.20 − 13.53 = 32.67. While it is paused (10 June to 1 July)
 * the invoice of 15 June is void.
 */
export const YEAR: readonly Day[] = [
  {
    on: "01-01",
    act: "buys Pro",
    status: "trialing",
    told: ["checkout_started", "subscription_started"],
    access: true,
  },
  { on: "01-12", told: ["customer_trial_ending", "trial_ending"] },
  { on: "01-15", status: "trialing → active", money: [2_900] },
  { on: "02-15", money: [2_900] },
  { on: "03-10", act: "loses the card" },
  { on: "03-15", status: "active → past_due", told: ["customer_payment_failed", "payment_failed"] },
  { on: "03-18", told: ["customer_payment_reminder", "payment_failed"] },
  {
    on: "03-20",
    act: "pays with another card",
    status: "past_due → active",
    told: ["payment_recovered"],
    money: [2_900],
  },
  { on: "04-15", money: [2_900] },
  { on: "05-01", act: "upgrades to Scale", money: [3_267] },
  { on: "05-15", money: [9_900] },
  { on: "06-10", act: "pauses", status: "active → paused", access: false },
  { on: "07-01", act: "resumes", status: "paused → active", access: true },
  { on: "07-15", money: [9_900] },
  { on: "08-15", money: [9_900] },
  { on: "08-20", act: "gets 20.00 back", told: ["refund_recorded"], money: [-2_000] },
  { on: "09-15", money: [9_900] },
  { on: "10-15", money: [9_900] },
  { on: "11-01", act: "cancels at the period's end" },
  { on: "11-15", status: "active → canceled", told: ["subscription_canceled"], access: false },
];
