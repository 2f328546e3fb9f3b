// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The body of a command, from its JSON schema to fields of a form and back to JSON. */

interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: unknown;
  title?: string;
  description?: string;
  default?: unknown;
  format?: string;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
}

export interface ApiDocument {
  components: { schemas: Record<string, Schema> };
}

interface Common {
  name: string;
  label: string;
  description?: string;
  isRequired: boolean;
  fallback?: unknown;
}

export type Field = Common &
  (
    | { kind: "text"; maxLength?: number; isNumberToo?: boolean }
    | { kind: "number"; isWhole: boolean; min?: number; max?: number }
    | { kind: "boolean" }
    | { kind: "choice"; options: readonly (string | number)[] }
    | { kind: "instant" }
    | { kind: "object"; fields: readonly Field[] }
    | { kind: "list"; item: Field; min: number; max?: number }
    | { kind: "json" }
  );

const DEEPEST = 8;
const PREFIX = "#/components/schemas/";

function labelOf(name: string): string {
  const words = name.replaceAll("_", " ").replace(/ s$/, " (s)").replace(/ wh$/, " (Wh)").replace(/ w$/, " (W)");
  const named = words.replace(/\bids?\b/g, (each) => each.replace("id", "ID")).replace(/\bevse\b/g, "EVSE");
  return named.charAt(0).toUpperCase() + named.slice(1);
}

/** What is meant, with what was said around it; null of `anyOf` only says that it may be left out. */
function resolved(document: ApiDocument, schema: Schema): { schema: Schema; others: Schema[] } {
  let found = schema;
  const said: Schema = {};
  for (let depth = 0; depth < DEEPEST; depth += 1) {
    if (found.description !== undefined) said.description ??= found.description;
    if ("default" in found) said.default ??= found.default;
    if (found.$ref) found = document.components.schemas[found.$ref.slice(PREFIX.length)] ?? {};
    else if (found.anyOf) {
      const some = found.anyOf.filter(({ type }) => type !== "null");
      if (some.length > 1)
        return { schema: { ...found, ...said }, others: some.map((each) => resolved(document, each).schema) };
      found = some[0] ?? {};
    } else break;
  }
  return { schema: { ...found, ...said }, others: [] };
}

function fieldOf(document: ApiDocument, name: string, given: Schema, isRequired: boolean, depth: number): Field {
  const { schema, others } = resolved(document, given);
  const common: Common = {
    name,
    label: labelOf(name),
    description: schema.description,
    isRequired,
    fallback: schema.default,
  };
  if (others.length) {
    const isSimple = others.every(({ type }) => type === "string" || type === "integer" || type === "number");
    return isSimple
      ? { ...common, kind: "text", isNumberToo: others.some(({ type }) => type !== "string") }
      : { ...common, kind: "json" };
  }
  if (schema.enum)
    return {
      ...common,
      kind: "choice",
      options: schema.enum.filter((each) => typeof each === "string" || typeof each === "number"),
    };
  switch (schema.type) {
    case "boolean":
      return { ...common, kind: "boolean" };
    case "integer":
    case "number":
      return {
        ...common,
        kind: "number",
        isWhole: schema.type === "integer",
        min: schema.minimum,
        max: schema.maximum,
      };
    case "string":
      return schema.format === "date-time"
        ? { ...common, kind: "instant" }
        : { ...common, kind: "text", maxLength: schema.maxLength };
    case "array":
      if (!schema.items || depth >= DEEPEST) return { ...common, kind: "json" };
      return {
        ...common,
        kind: "list",
        item: fieldOf(document, name, schema.items, true, depth + 1),
        min: schema.minItems ?? 0,
        max: schema.maxItems,
      };
    case "object":
      if (!schema.properties || depth >= DEEPEST) return { ...common, kind: "json" };
      return { ...common, kind: "object", fields: fieldsOf(document, schema, depth + 1) };
    default:
      return { ...common, kind: "json" };
  }
}

function fieldsOf(document: ApiDocument, { properties = {}, required = [] }: Schema, depth: number): Field[] {
  const all = Object.entries(properties)
    .filter(([, schema]) => !("const" in schema))
    .map(([name, schema]) => fieldOf(document, name, schema, required.includes(name), depth));
  // what has to be there comes first
  return all.toSorted((one, other) => Number(other.isRequired) - Number(one.isRequired));
}

export interface CommandSchema {
  type: string;
  description: string;
  fields: readonly Field[];
}

/** By the type of the command. */
export function commandsIn(document: ApiDocument): Map<string, CommandSchema> {
  const found = new Map<string, CommandSchema>();
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    const type = schema.properties?.type?.const;
    if (!name.endsWith("Body") || typeof type !== "string") continue;
    found.set(type, { type, description: schema.description ?? "", fields: fieldsOf(document, schema, 0) });
  }
  return found;
}

export type Values = Record<string, unknown>;

/** What a field shows before anything was entered. */
export function emptyOf(field: Field): unknown {
  if (field.kind === "object") return field.isRequired ? valuesFor(field.fields) : undefined;
  if (field.kind === "list")
    return Array.from({ length: field.isRequired ? Math.max(1, field.min) : 0 }, () => emptyOf(field.item));
  return field.isRequired && field.kind === "choice" && field.options.length === 1 ? field.options[0] : undefined;
}

export function valuesFor(fields: readonly Field[]): Values {
  return Object.fromEntries(fields.map((field) => [field.name, emptyOf(field)]));
}

export class JsonError extends Error {
  readonly field: string;

  constructor(field: string) {
    super(field);
    this.field = field;
  }
}

/** As JSON: what is empty is left out. Throws JsonError where a text is no JSON. */
export function bodyOf(fields: readonly Field[], values: Values): Values {
  const body: Values = {};
  for (const field of fields) {
    const value = written(field, values[field.name]);
    if (value !== undefined) body[field.name] = value;
  }
  return body;
}

function written(field: Field, value: unknown): unknown {
  if (value === undefined || value === null || value === "") return undefined;
  switch (field.kind) {
    case "object":
      return bodyOf(field.fields, value as Values);
    case "list": {
      const items = (value as unknown[]).map((each) => written(field.item, each)).filter((each) => each !== undefined);
      return items.length || field.isRequired ? items : undefined;
    }
    case "text":
      return field.isNumberToo && typeof value === "string" && /^\d{1,9}$/.test(value) ? Number(value) : value;
    case "json":
      if (typeof value !== "string") return value;
      try {
        return JSON.parse(value) as unknown;
      } catch {
        throw new JsonError(field.label);
      }
    default:
      return value;
  }
}

/** What was sent before, as values of the form. */
export function readBody(fields: readonly Field[], body: Values): Values {
  return Object.fromEntries(fields.map((field) => [field.name, read(field, body[field.name])]));
}

function read(field: Field, value: unknown): unknown {
  if (value === undefined || value === null) return emptyOf(field);
  if (field.kind === "object")
    return typeof value === "object" ? readBody(field.fields, value as Values) : emptyOf(field);
  if (field.kind === "list") return Array.isArray(value) ? value.map((each) => read(field.item, each)) : emptyOf(field);
  if (field.kind === "json") return JSON.stringify(value, null, 2);
  return field.kind === "text" && typeof value === "number" ? String(value) : value;
}
