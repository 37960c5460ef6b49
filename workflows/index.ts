export { catchUp } from "./catch-up.ts";
export { routeEvent } from "./route-event.ts";
export { subscription } from "./subscription.ts";
export { sweep } from "./sweep.ts";
export { verify } from "./verify.ts";
