import fc from 'fast-check';
import * as z from 'zod';
import { openApiDocument } from '../../src/api/openapi/document.ts';
import type { JsonSchema } from '../../src/api/openapi/schema.ts';
import type { Received, Sent } from './exchange.ts';

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  schema: JsonSchema;
}

interface Described {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema?: JsonSchema }> };
  responses: Record<string, { content?: Record<string, { schema: JsonSchema }> }>;
}

interface Document {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, JsonSchema> };
}

/** As a client reads it: over the wire. */
const document = JSON.parse(JSON.stringify(openApiDocument('0'))) as Document;

/** Every operation of the document. */
export const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, described]) => ({
    request: `${method.toUpperCase()} ${path}`,
    method,
    path,
    described,
  })),
);

export type Operation = (typeof operations)[number];

/** Names that are there, names that are not, and what nobody calls anything. */
const names = fc.oneof(
  fc.constantFrom('here', 'there', 'gone', 'here-bucket'),
  fc.string({ maxLength: 70 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

/** A request of the operation, often close to what it asks for. */
export function requests({ method, path, described }: Operation, authorizations: string[]): fc.Arbitrary<Sent> {
  const parameters = described.parameters ?? [];
  const inPath = parameters.filter((one) => one.in === 'path');
  const inQuery = parameters.filter((one) => one.in === 'query');
  const asked = described.requestBody ? Object.values(described.requestBody.content)[0] : undefined;
  return fc
    .record({
      names: fc.tuple(...inPath.map(() => names)),
      query: fc.tuple(
        ...inQuery.map(({ schema }) => fc.option(fc.oneof(fc.string({ maxLength: 30 }), values(schema).map(String)))),
      ),
      body: fc.option(bodies(asked?.schema)),
      authorization: fc.constantFrom(...authorizations),
    })
    .map(({ names: given, query, body, authorization }) => {
      const filled = inPath.reduce((text, { name }, at) => text.replace(`{${name}}`, segment(given[at] ?? '')), path);
      const asks = new URLSearchParams(
        inQuery.flatMap(({ name }, at) => (query[at] === null ? [] : [[name, query[at] ?? ''] as [string, string]])),
      );
      return {
        method: method.toUpperCase(),
        path: asks.size > 0 ? `${filled}?${asks}` : filled,
        headers: { ...(authorization ? { Authorization: authorization } : {}) },
        ...(body === null ? {} : { body }),
      };
    });
}

/** A slash, empty or not, would make it another path. */
const segment = (name: string): string => encodeURIComponent(Buffer.from(name.replaceAll('/', '') || 'x').toString());

const bodies = (schema: JsonSchema | undefined): fc.Arbitrary<string | Buffer> =>
  fc.oneof(
    { weight: 6, arbitrary: values(schema ?? {}).map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  );

/** Values of a schema, with a stranger among them now and then. */
function values(schema: JsonSchema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary: fitting(schema) }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) });
}

function fitting(schema: JsonSchema): fc.Arbitrary<unknown> {
  const { $ref: target, anyOf, enum: choices, type, items, properties, additionalProperties, required = [] } = schema;
  if (typeof target === 'string') return values(document.components.schemas[target.split('/').at(-1) ?? ''] ?? {});
  if (anyOf) return fc.oneof(...anyOf.map(values));
  if (choices) return fc.constantFrom(...choices);
  switch (type) {
    case 'string':
      return fc.oneof(fc.constantFrom('here', 'here/in', 'minio', 'x', '1Gi', ''), fc.string({ maxLength: 20 }));
    case 'integer':
      return fc.oneof(fc.integer({ min: -2, max: 100 }), fc.maxSafeInteger());
    case 'number':
      return fc.double();
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(values(items ?? {}), { maxLength: 3 });
    case 'object': {
      const fields = Object.fromEntries(Object.entries(properties ?? {}).map(([name, value]) => [name, values(value)]));
      const more = typeof additionalProperties === 'object' ? additionalProperties : {};
      if (!properties) return fc.dictionary(fc.string({ maxLength: 10 }), values(more), { maxKeys: 3 });
      return fc.record(fields, { requiredKeys: required.filter((name) => name in fields) });
    }
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

/** What of an answer the document does not say; nothing when it says all of it. */
export function undeclared({ described }: Operation, { status, headers, text, body }: Received): string | undefined {
  const response = described.responses[status];
  if (!response) return `${status} is not declared: ${text.slice(0, 300)}`;
  if (body.length === 0) return undefined;
  const type = String(headers['content-type'] ?? '').split(';')[0] ?? '';
  const content = response.content?.['*/*'] ?? response.content?.[type];
  if (!content) return `${status} is not declared as ${type || 'anything'}: ${text.slice(0, 300)}`;
  if (type !== 'application/json' || Object.keys(content.schema ?? {}).length === 0) return undefined;
  const found = checker(content.schema).safeParse(JSON.parse(text));
  return found.success ? undefined : `${status}: ${z.prettifyError(found.error)}\n${text.slice(0, 600)}`;
}

const checkers = new Map<JsonSchema, z.ZodType>();

function checker(schema: JsonSchema): z.ZodType {
  const known = checkers.get(schema);
  if (known) return known;
  const whole = JSON.stringify({ ...schema, $defs: document.components.schemas });
  const made = z.fromJSONSchema(JSON.parse(whole.replaceAll('#/components/schemas/', '#/$defs/')));
  checkers.set(schema, made);
  return made;
}
