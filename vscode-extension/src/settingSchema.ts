/**
 * What `package.json` says of a setting, and whether a value fits it. VS Code only underlines a
 * wrong value in the settings editor; it hands it over all the same.
 */

export type JsonType = "string" | "number" | "integer" | "boolean" | "array" | "object" | "null";

export interface SettingSchema {
  readonly type?: JsonType | readonly JsonType[];
  readonly enum?: readonly unknown[];
  readonly items?: { readonly type?: JsonType };
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly default?: unknown;
  readonly scope?: string;
  readonly markdownDescription?: string;
}

/** A setting with a value that can't be used; the default stands in. */
export interface SettingProblem {
  readonly key: string;
  readonly said: string;
}

/** What is wrong with a value, in words; undefined if nothing is. */
export function misfit(schema: SettingSchema, value: unknown): string | undefined {
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    return `must be one of ${schema.enum.map((each) => JSON.stringify(each)).join(", ")}, not ${shown(value)}`;
  }
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) {
    return `must be a ${types.join(" or ")}, not ${shown(value)}`;
  }
  const inner = schema.items?.type;
  if (Array.isArray(value) && inner && !value.every((each) => isOfType(each, inner))) {
    return `must hold only values of type ${inner}`;
  }
  return typeof value === "number" ? outOfRange(schema, value) : undefined;
}

function outOfRange(schema: SettingSchema, value: number): string | undefined {
  if (schema.minimum !== undefined && value < schema.minimum) {
    return `must be at least ${schema.minimum}, not ${value}`;
  }
  if (schema.exclusiveMinimum !== undefined && value <= schema.exclusiveMinimum) {
    return `must be more than ${schema.exclusiveMinimum}, not ${value}`;
  }
  if (schema.maximum !== undefined && value > schema.maximum) {
    return `must be at most ${schema.maximum}, not ${value}`;
  }
  return undefined;
}

function isOfType(value: unknown, type: JsonType): boolean {
  switch (type) {
    case "array":
      return Array.isArray(value);
    case "null":
      return value === null;
    case "integer":
      return Number.isInteger(value);
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}

function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
