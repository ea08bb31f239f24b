/**
 * What a text may hold, as plain data: both decoders (JSON as Go reads it, YAML as FDL) walk one of these.
 * `ints` is a number or a list of numbers; `{ '*': shape }` is a map with free keys; `any` takes everything.
 */
export type Shape = 'string' | 'bool' | 'int' | 'uint' | 'ints' | 'any' | readonly [Shape] | Fields;
export interface Fields {
  readonly [key: string]: Shape;
}

/** The value that a shape describes; every field may be absent. */
export type Decoded<S> = S extends 'string'
  ? string
  : S extends 'bool'
    ? boolean
    : S extends 'int' | 'uint'
      ? number
      : S extends 'ints'
        ? number | number[]
        : S extends 'any'
          ? unknown
          : S extends readonly [infer Item]
            ? Decoded<Item>[]
            : S extends { readonly '*': infer Value }
              ? Record<string, Decoded<Value>>
              : { -readonly [Key in keyof S]?: Decoded<S[Key]> };

/** The part of a JSON Schema that shapes are made of. */
export interface JsonSchema {
  type?: string | string[];
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  enum?: unknown[];
  minimum?: number;
  [keyword: string]: unknown;
}

/** The shape that a JSON Schema describes. */
export function shapeOf(schema: JsonSchema): Shape {
  const choices = schema.anyOf;
  if (choices) return choices.some((c) => c.type === 'array') ? 'ints' : shapeOf(choices.at(-1) ?? {});
  switch (schema.type) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'integer':
      return schema.minimum === 0 ? 'uint' : 'int';
    case 'array':
      return [shapeOf(schema.items ?? {})];
    case 'object':
      return fieldsOf(schema);
    default:
      return 'any';
  }
}

function fieldsOf(schema: JsonSchema): Shape {
  const values = schema.additionalProperties;
  if (!schema.properties) return { '*': typeof values === 'object' ? shapeOf(values) : 'any' };
  return Object.fromEntries(Object.entries(schema.properties).map(([key, value]) => [key, shapeOf(value)]));
}

export const isList = (shape: Shape): shape is readonly [Shape] => Array.isArray(shape);
export const isFields = (shape: Shape): shape is Fields => typeof shape === 'object' && !Array.isArray(shape);

/** The shape of a field or of an entry of a map. */
export const fieldShape = (fields: Fields, key: string): Shape =>
  (Object.hasOwn(fields, key) ? fields[key] : fields['*']) ?? 'any';
