export { routeEvent } from "./route-event.ts";
export { subscription } from "./subscription.ts";
export { sweep } from "./sweep.ts";
