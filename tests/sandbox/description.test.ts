import { describe, expect, it } from "vitest";
import { routes } from "../../sandbox/stripe/http/match.ts";
import { NEW_PARAMETERS } from "./known-differences.ts";
import { describedByStripe } from "./support.ts";

const fits = ({ path }: { path: string }) => path.replace(":id", "an_id");
const calls = routes.map((route) => ({ ...route, call: `${route.method} ${route.path}`, like: fits(route) }));

describe("Stripe's description", () => {
  it.each(calls)(
    "has $call with every parameter that the sandbox takes",
    async ({ method, like, parameters }) => {
      const description = await describedByStripe();
      const template = description.template(method, like);
      expect(template).toBeDefined();
      const strange = parameters.filter((name) => !description.parameters(method, like).has(name));
      const expected = NEW_PARAMETERS.filter(({ call }) => call === `${method} ${template}`);
      expect(strange).toEqual(expected.map(({ name }) => name));
    },
  );
});
