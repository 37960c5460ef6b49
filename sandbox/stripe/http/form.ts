import { invalid } from "../errors.ts";

/** A form or query as sent: text, lists and groups. */
type FormValue = string | FormValue[] | { [key: string]: FormValue };
export type Form = { [key: string]: FormValue };

/** Reads `a[b][0][c]=d` as Stripe does: brackets nest, `[]` and a run of numbers from 0 make a list. */
export function parseForm(text: string): Form {
  const root: Form = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const [first, ...rest] = keysOf(name);
    if (first !== undefined) place(root, first, rest, value);
  }
  return lists(root);
}

function keysOf(name: string): string[] {
  const start = name.indexOf("[");
  if (start === -1) return [name];
  const keys = [name.slice(0, start)];
  for (const match of name.slice(start).matchAll(/\[([^\]]*)\]/g)) keys.push(match[1] ?? "");
  return keys;
}

function place(into: Form, key: string, rest: string[], value: string): void {
  const name = key === "" ? String(Object.keys(into).length) : key;
  const [next, ...after] = rest;
  if (next === undefined) {
    define(into, name, value);
    return;
  }
  const inner = Object.hasOwn(into, name) ? into[name] : define(into, name, {});
  if (typeof inner !== "object" || Array.isArray(inner))
    throw invalid(`Invalid parameter nesting: ${name}`, { param: name });
  place(inner, next, after, value);
}

/** A plain assignment would let a parameter called `__proto__` reach the prototype. */
function define(into: Form, name: string, value: FormValue): FormValue {
  Object.defineProperty(into, name, { value, enumerable: true, writable: true, configurable: true });
  return value;
}

function lists(group: Form): Form {
  for (const [name, value] of Object.entries(group)) {
    if (typeof value === "object" && !Array.isArray(value)) define(group, name, asList(lists(value)));
  }
  return group;
}

function asList(group: Form): FormValue {
  const keys = Object.keys(group);
  const isList = keys.length > 0 && keys.every((key, position) => key === String(position));
  return isList ? Object.values(group) : group;
}
