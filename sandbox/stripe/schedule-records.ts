import type { Metadata } from "./records.ts";

/** What is sold during one phase, and from when to when (seconds). */
export interface SchedulePhase {
  start: number;
  end: number;
  items: readonly { price: string; quantity: number; metadata: Metadata }[];
  /** added to the subscription's metadata when the phase begins */
  metadata: Metadata;
  proration: "always_invoice" | "create_prorations" | "none";
  trial_end: number | null;
}

export interface Schedule {
  id: string;
  created: number;
  customer: string;
  /** null once it has been released */
  subscription: string | null;
  status: "active" | "canceled" | "completed" | "released";
  /** what becomes of the subscription when the last phase is over */
  end_behavior: "cancel" | "release";
  phases: SchedulePhase[];
  /** position of the running phase in `phases` */
  current: number;
  billing_mode: "classic" | "flexible";
  currency: string;
  metadata: Metadata;
  canceled_at: number | null;
  completed_at: number | null;
  released_at: number | null;
  released_subscription: string | null;
}
