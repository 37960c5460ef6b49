/** One webhook on its way to one address. A duplicate is a second delivery of the same event. */
export interface Delivery {
  id: string;
  provider: "stripe";
  event: string;
  type: string;
  /** id of the webhook endpoint it goes to */
  endpoint: string;
  /** failed = every retry was used; dropped = lost on purpose; held = waits for a release */
  state: "waiting" | "held" | "dropped" | "delivered" | "failed";
  attempts: number;
  /** real time, ms */
  next_at: number;
}

/** One HTTP attempt of a delivery. */
export interface Attempt {
  delivery: string;
  event: string;
  type: string;
  url: string;
  /** real time, ms */
  at: number;
  /** HTTP status, or null when there was no answer */
  status: number | null;
  error: string | null;
  took_ms: number;
}

/** What goes over the wire: made anew for every attempt, because it is signed with the time. */
export interface Letter {
  url: string;
  body: string;
  headers: Record<string, string>;
}

/** One event for one endpoint, before the knobs decide what becomes of it. */
export interface Outgoing {
  provider: "stripe";
  event: string;
  type: string;
  endpoint: string;
}
