import { isFields, isList, type JsonSchema, type Shape } from '../../declare/shape.ts';

export type { JsonSchema } from '../../declare/shape.ts';

/** Builders of JSON Schemas: each takes a sentence about the value, where its name does not tell enough. */
const about = (description?: string): JsonSchema => (description === undefined ? {} : { description });

export const text = (description?: string): JsonSchema => ({ type: 'string', ...about(description) });
export const int = (description?: string): JsonSchema => ({ type: 'integer', ...about(description) });
export const num = (description?: string): JsonSchema => ({ type: 'number', ...about(description) });
export const bool = (description?: string): JsonSchema => ({ type: 'boolean', ...about(description) });
export const time = (description?: string): JsonSchema => ({
  type: 'string',
  format: 'date-time',
  ...about(description),
});
export const oneOf = (values: string[], description?: string): JsonSchema => ({
  type: 'string',
  enum: values,
  ...about(description),
});
export const list = (items: JsonSchema, description?: string): JsonSchema => ({
  type: 'array',
  items,
  ...about(description),
});
export const map = (values: JsonSchema, description?: string): JsonSchema => ({
  type: 'object',
  additionalProperties: values,
  ...about(description),
});
/** One of the document's components. */
export const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });
/** The same value, or null in its place. */
export const nullable = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });

/** An object of these keys alone, all of them there but for those whose name ends in `?`. */
export function object(properties: Record<string, JsonSchema>, description?: string): JsonSchema {
  const names = Object.keys(properties);
  return {
    type: 'object',
    ...about(description),
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, schema]) => [name.replace(/\?$/, ''), schema]),
    ),
    required: names.filter((name) => !name.endsWith('?')),
    additionalProperties: false,
  };
}

/** What a body may hold that is read by this shape. OSCAR: null counts as nothing, unknown keys are ignored. */
export function schemaOf(shape: Shape): JsonSchema {
  if (shape === 'any') return {};
  if (isList(shape)) return nullable(list(schemaOf(shape[0])));
  if (isFields(shape)) return nullable(fields(shape));
  if (shape === 'ints') return nullable({ anyOf: [int(), list(int())] });
  if (shape === 'uint') return nullable({ ...int(), minimum: 0 });
  return nullable({ string: text(), bool: bool(), int: int() }[shape]);
}

function fields(shape: { readonly [key: string]: Shape }): JsonSchema {
  const { '*': values, ...own } = shape;
  if (values !== undefined) return map(schemaOf(values));
  const properties = Object.entries(own).map(([key, value]) => [key, schemaOf(value)] as const);
  return { type: 'object', properties: Object.fromEntries(properties) };
}
