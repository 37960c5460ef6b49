import { fileURLToPath } from "node:url";

/** The folder that holds the rooms. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export const ROOM_NAMES = [
  "domain",
  "workflows",
  "activities",
  "providers",
  "store",
  "temporal",
  "api",
  "cli",
  "sandbox",
] as const;
export type RoomName = (typeof ROOM_NAMES)[number];

/** The packages of which each belongs to certain rooms. */
export const STACK = [
  "@temporalio/activity",
  "@temporalio/client",
  "@temporalio/worker",
  "@temporalio/workflow",
  "@koa/router",
  "koa",
  "pg",
  "razorpay",
  "stripe",
] as const;

interface Room {
  /** What it may import beside itself. */
  readonly rooms: readonly RoomName[];
  /** What it may import the types of, too. */
  readonly types: readonly RoomName[];
  /** What it may import of the stack. */
  readonly stack: readonly (typeof STACK)[number][];
}

/** Who may import whom. `workflows` of temporal is its contract only. */
export const ROOMS: Readonly<Record<RoomName, Room>> = {
  domain: { rooms: [], types: [], stack: [] },
  workflows: { rooms: [], types: ROOM_NAMES, stack: ["@temporalio/workflow"] },
  activities: {
    rooms: ["domain", "store", "providers", "temporal"],
    types: ["workflows"],
    stack: ["@temporalio/activity"],
  },
  providers: { rooms: ["domain"], types: [], stack: ["stripe", "razorpay"] },
  store: { rooms: ["domain"], types: [], stack: ["pg"] },
  temporal: { rooms: ["domain", "workflows"], types: [], stack: ["@temporalio/client"] },
  api: { rooms: ["domain", "store", "providers", "temporal"], types: [], stack: ["koa", "@koa/router"] },
  cli: { rooms: ROOM_NAMES, types: [], stack: STACK },
  sandbox: { rooms: [], types: [], stack: ["koa", "@koa/router"] },
};

/** Rooms that run in a workflow, or must be able to: no library but these. */
export const PURE: Readonly<Partial<Record<RoomName, readonly string[]>>> = {
  domain: [],
  workflows: ["@temporalio/workflow"],
};
