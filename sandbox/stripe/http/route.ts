import { z } from "zod";
import type { Delivery } from "../../delivery/records.ts";
import { find, invalid } from "../errors.ts";
import type { StripeObject, Work } from "../world.ts";
import { expandObject } from "./expand.ts";
import type { Form } from "./form.ts";
import { expand, paging, readParams } from "./params.ts";

/** One call of the API. */
export interface Call {
  work: Work;
  /** the id in the path; "" when there is none */
  id: string;
  /** scheme and host that the caller used */
  origin: string;
  deliveries: readonly Delivery[];
}

/** One entry of the API: parameters are read before anything is done. */
export interface Route {
  method: "GET" | "POST" | "DELETE";
  /** with `:id` for the id */
  path: string;
  /** names of the parameters that it takes; another one is refused */
  parameters: readonly string[];
  /** Throws for wrong parameters; the answer does the work. */
  prepare: (form: Form) => (call: Call) => StripeObject;
}

/** A route whose parameters are these, and `expand`. */
export function route<S extends z.core.$ZodLooseShape>(
  method: Route["method"],
  path: string,
  shape: S,
  run: (call: Call, params: z.infer<z.ZodObject<S, z.core.$strict>>) => StripeObject,
): Route {
  const schema = z.strictObject(shape);
  const outer = z.looseObject({ expand: expand.optional() });
  return {
    method,
    path,
    parameters: ["expand", ...Object.keys(shape)],
    prepare(form) {
      const { expand: paths } = readParams(outer, form);
      const { expand: _expand, ...own } = form;
      const params = readParams(schema, own);
      return (call) => expandObject(call.work, run(call, params), paths ?? []);
    },
  };
}

/** GET one object by the id in its path. */
export function retrieve<R>(
  path: string,
  kind: string,
  records: (work: Work) => Record<string, R>,
  view: (work: Work, record: R) => StripeObject,
): Route {
  return route("GET", path, {}, ({ work, id }) => view(work, find(records(work), id, kind)));
}

/** DELETE one object by the id in its path; Stripe takes no parameters there. */
export function remove(path: string, run: (call: Call) => StripeObject): Route {
  const nothing = z.strictObject({});
  return {
    method: "DELETE",
    path,
    parameters: [],
    prepare(form) {
      readParams(nothing, form);
      return run;
    },
  };
}

/** GET a list, newest first, page by page. What was made in the same second comes in the order of its making. */
export function list<S extends z.core.$ZodLooseShape, R extends { id: string; created: number }>(
  path: string,
  shape: S,
  select: (call: Call, params: z.infer<z.ZodObject<S, z.core.$strict>>) => R[],
  view: (work: Work, record: R) => StripeObject,
): Route {
  const own = z.strictObject(shape);
  const pages = z.object(paging);
  const outer = z.looseObject({ expand: expand.optional() });
  return {
    method: "GET",
    path,
    parameters: ["expand", ...Object.keys(paging), ...Object.keys(shape)],
    prepare(form) {
      const { expand: paths } = readParams(outer, form);
      const page = readParams(pages, form);
      const { expand: _e, limit: _l, starting_after: _s, ending_before: _b, ...filters } = form;
      const params = readParams(own, filters);
      return (call) => {
        const { work } = call;
        const oldestFirst = select(call, params).toSorted((a, b) => a.created - b.created);
        const chosen = pageOf(oldestFirst.toReversed(), page);
        const data = chosen.data.map((record) => view(work, record));
        return expandObject(
          work,
          { object: "list", data, has_more: chosen.has_more, url: path },
          paths ?? [],
        );
      };
    },
  };
}

function pageOf<R extends { id: string }>(
  newestFirst: R[],
  page: z.infer<z.ZodObject<typeof paging>>,
): { data: R[]; has_more: boolean } {
  const limit = page.limit ?? 10;
  if (limit < 1 || limit > 100)
    throw invalid(`Invalid integer: ${limit} (limit is between 1 and 100)`, {
      code: "parameter_invalid_integer",
      param: "limit",
    });
  if (page.starting_after !== undefined && page.ending_before !== undefined) {
    throw invalid("You cannot parameterize both starting_after and ending_before.");
  }
  const cursor = page.starting_after ?? page.ending_before;
  const position = newestFirst.findIndex((record) => record.id === cursor);
  if (cursor !== undefined && position === -1) {
    const param = page.starting_after === undefined ? "ending_before" : "starting_after";
    throw invalid(`No such object: '${cursor}'`, { code: "resource_missing", param });
  }
  if (page.ending_before !== undefined) {
    const before = newestFirst.slice(0, position);
    return { data: before.slice(-limit), has_more: before.length > limit };
  }
  const after = newestFirst.slice(position + 1);
  return { data: after.slice(0, limit), has_more: after.length > limit };
}
