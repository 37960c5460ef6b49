import { readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";
import { ADDED, LEFT_OUT } from "./known-differences.ts";

interface Schema {
  $ref?: string;
  type?: string;
  nullable?: boolean;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  additionalProperties?: Schema | boolean;
  [other: string]: unknown;
}

interface Body {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, Body>>;
  readonly requestBody?: Body;
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Record<string, Schema> };
}

/** An exchange with the API. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly json: unknown;
}

/** Says what is wrong with what the sandbox sends, by Stripe's own OpenAPI description; nothing = it conforms. */
export interface Conformity {
  ofReply(exchange: Exchange): string[];
  ofEvent(event: unknown): string[];
  /** Such as `/v1/customers/{customer}`; undefined when Stripe has no such call. */
  template(method: string, path: string): string | undefined;
  /** Names of the parameters that a call takes, in the query or in the form. */
  parameters(method: string, path: string): ReadonlySet<string>;
}

const formOf = (operation: Operation | undefined): Record<string, Schema> =>
  operation?.requestBody?.content?.["application/x-www-form-urlencoded"]?.schema.properties ?? {};

const kindOf = (schema: Schema): unknown[] | undefined => schema.properties?.["object"]?.enum;

/**
 * Every object that carries its kind is checked by that kind's schema on its own, however deep it lies; inside its
 * parent only its kind is checked. So only the schemas of what is really sent are compiled.
 */
export function readDescription(file: string): Conformity {
  const description: Description = JSON.parse(readFileSync(file, "utf8"));
  const { schemas } = description.components;
  amend(schemas);
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    validateFormats: false,
    validateSchema: false,
    code: { optimize: false },
  });
  const compiled = new Map<string, ValidateFunction>();

  function convert(schema: Schema): Schema {
    const { nullable, $ref, ...rest } = schema;
    if ($ref !== undefined) return reference($ref.replace("#/components/schemas/", ""));
    const own: Schema = {
      ...rest,
      ...(rest.properties === undefined ? {} : { properties: mapped(rest.properties) }),
      ...(rest.items === undefined ? {} : { items: convert(rest.items) }),
      ...(rest.anyOf === undefined ? {} : { anyOf: rest.anyOf.map(convert) }),
      ...(typeof rest.additionalProperties === "object"
        ? { additionalProperties: convert(rest.additionalProperties) }
        : rest.properties === undefined
          ? {}
          : { additionalProperties: false }),
    };
    return nullable === true ? { anyOf: [own, { type: "null" }] } : own;
  }

  function mapped(properties: Record<string, Schema>): Record<string, Schema> {
    return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, convert(schema)]));
  }

  function reference(name: string): Schema {
    const target = schemas[name];
    if (target === undefined) throw new Error(`the description has no ${name}`);
    const kind = kindOf(target);
    if (kind !== undefined)
      return { type: "object", required: ["object"], properties: { object: { enum: kind } } };
    // registered before it is converted: a schema may refer to itself
    if (!known.has(name)) {
      known.add(name);
      ajv.addSchema(convert(target), name);
    }
    return { $ref: `${name}#` };
  }
  const known = new Set<string>();

  function check(key: string, schema: () => Schema, value: unknown): string[] {
    const validate = compiled.get(key) ?? ajv.compile(convert(schema()));
    compiled.set(key, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${key}${instancePath}: ${message} ${JSON.stringify(params)}`,
    );
  }

  /** Every object of a kind in the value, the value itself included. */
  function deep(value: unknown): string[] {
    if (Array.isArray(value)) return value.flatMap(deep);
    if (typeof value !== "object" || value === null) return [];
    const kind: unknown = Reflect.get(value, "object");
    const own = typeof kind === "string" && kind !== "list" ? ofKind(kind, value) : [];
    const whole = kind === "event" ? completed(value) : value;
    const inner = Object.entries(whole).flatMap(([name, part]) =>
      // a part of an object as it was: not an object
      name === "previous_attributes" ? [] : deep(part),
    );
    return [...own, ...inner];
  }

  function ofKind(kind: string, value: object): string[] {
    const name = Reflect.get(value, "deleted") === true ? `deleted_${kind}` : kind;
    const schema = schemas[name];
    if (schema === undefined) return [`${name}: the description has no such object`];
    const type: unknown = Reflect.get(value, "type");
    const strange = kind === "event" && !eventTypes.has(type) ? [`Stripe has no event ${String(type)}`] : [];
    return [...strange, ...check(name, () => schema, value)];
  }

  function template(method: string, path: string): string | undefined {
    const given = path.split("/");
    const fits = (pattern: string): boolean => {
      const parts = pattern.split("/");
      return (
        parts.length === given.length &&
        parts.every((part, position) => part.startsWith("{") || part === given[position])
      );
    };
    const found = Object.keys(description.paths).filter(
      (pattern) => fits(pattern) && description.paths[pattern]?.[method.toLowerCase()] !== undefined,
    );
    return found.toSorted((a, b) => a.split("{").length - b.split("{").length)[0];
  }

  const operationOf = (method: string, path: string): Operation | undefined =>
    description.paths[template(method, path) ?? ""]?.[method.toLowerCase()];

  const eventTypes = new Set(
    formOf(operationOf("POST", "/v1/webhook_endpoints"))["enabled_events"]?.items?.enum,
  );

  return {
    template,
    ofReply({ method, path, status, json }) {
      if (status >= 400) return check("error", () => schemas["error"] ?? {}, json);
      const schema = operationOf(method, path)?.responses["200"]?.content?.["application/json"]?.schema;
      if (schema === undefined) return [`Stripe has no ${method} ${path}`];
      return [...check(`${method} ${template(method, path)}`, () => schema, json), ...deep(json)];
    },
    ofEvent: deep,
    parameters(method, path) {
      const operation = operationOf(method, path);
      const query = (operation?.parameters ?? []).filter((parameter) => parameter.in === "query");
      return new Set([...query.map(({ name }) => name), ...Object.keys(formOf(operation))]);
    },
  };
}

/** An event, with what its object may leave out put in. */
function completed(event: object): object {
  const left = LEFT_OUT.filter(({ event: type }) => type === Reflect.get(event, "type"));
  if (left.length === 0) return event;
  const copy: { data: { object: object } } = JSON.parse(JSON.stringify(event));
  for (const { property } of left) {
    if (property in copy.data.object) throw new Error(`${property} is there: it is no difference`);
    Object.assign(copy.data.object, { [property]: "" });
  }
  return copy;
}

/** Puts the known differences into the description; one that is none any more is an error. */
function amend(schemas: Record<string, Schema>): void {
  for (const { schema, property } of ADDED) {
    const properties = schemas[schema]?.properties;
    if (properties === undefined || properties[property] !== undefined)
      throw new Error(`the description knows ${schema}.${property}: it is no difference`);
    properties[property] = {};
  }
}
