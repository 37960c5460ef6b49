/** The providers' words for the state of a subscription, in one closed set. */
export const STATUSES = [
  "incomplete",
  "incomplete_expired",
  "trialing",
  "active",
  "past_due",
  "unpaid",
  "paused",
  "canceled",
] as const;

export type Status = (typeof STATUSES)[number];

/** What the provider ended never returns (R8). */
const TERMINAL: readonly Status[] = ["canceled", "incomplete_expired"];

export const isTerminal = (status: Status): boolean => TERMINAL.includes(status);

/** The status, or undefined for a word that the provider added after this was written. */
export const asStatus = (word: string): Status | undefined => STATUSES.find((status) => status === word);
