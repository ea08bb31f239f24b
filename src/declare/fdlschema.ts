import { jsonSchemas } from './schema.ts';
import type { JsonSchema } from './shape.ts';

/** In a file a number or a boolean may stand where text is wanted; editors must not call that wrong. */
const scalars = ['string', 'number', 'boolean', 'null'];
const amounts = ['memory', 'cpu', 'total_memory', 'total_cpu', 'ephemeral_storage_request', 'size'];

/** The JSON Schema of an FDL file, for editors: every key described, known values offered, unknown keys allowed. */
export function fdlJsonSchema(): JsonSchema {
  const { service, providers, clusters, ignored } = jsonSchemas();
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'OSCAR Functions Definition Language',
    description: 'Services of OSCAR: container images with a script, started by files or by calls.',
    type: 'object',
    required: ['functions'],
    properties: {
      functions: functionsSchema(),
      storage_providers: { ...block(providers), description: 'Credentials of storage, for every service of the file.' },
      clusters: { ...block(clusters), description: 'Other OSCAR clusters, for every service of the file.' },
    },
    definitions: { service: serviceSchema(service, ignored) },
  };
}

function functionsSchema(): JsonSchema {
  const cluster: JsonSchema = {
    type: 'object',
    description: 'One service under the name of the cluster that it is for.',
    minProperties: 1,
    additionalProperties: { $ref: '#/definitions/service' },
  };
  return {
    type: 'object',
    description: 'The services that this file declares.',
    required: ['oscar'],
    properties: {
      oscar: { type: 'array', description: 'The services of OSCAR clusters.', minItems: 1, items: cluster },
      aws: { description: 'Functions of SCAR; OSCAR skips them.' },
    },
  };
}

function serviceSchema(service: JsonSchema, ignored: JsonSchema): JsonSchema {
  const { storage_providers, clusters, ...own } = block(service).properties ?? {};
  const { variables, secrets } = own.environment?.properties ?? {};
  const environment = { ...own.environment, properties: { variables, Variables: variables, secrets } } as JsonSchema;
  return {
    type: 'object',
    description: 'A service: an image, a script, and what starts it.',
    required: service.required ?? [],
    properties: { ...own, environment, ...ignored.properties },
  };
}

/** A part of the schema as a file may write it. */
function block(schema: JsonSchema, key = ''): JsonSchema {
  const { $schema, propertyNames, ...rest } = schema;
  const made: JsonSchema = { ...rest };
  if (rest.minimum === Number.MIN_SAFE_INTEGER) delete made.minimum;
  if (rest.maximum === Number.MAX_SAFE_INTEGER) delete made.maximum;
  if (rest.type === 'string' && amounts.includes(key)) made.type = ['string', 'number'];
  if (rest.anyOf) made.anyOf = rest.anyOf.map((choice) => block(choice));
  if (rest.items) made.items = block(rest.items);
  if (rest.properties) {
    made.properties = Object.fromEntries(
      Object.entries(rest.properties).map(([name, part]) => [name, block(part, name)]),
    );
  }
  if (typeof rest.additionalProperties === 'object') {
    const values = rest.additionalProperties;
    made.additionalProperties = values.type === 'string' ? { ...values, type: scalars } : block(values);
  }
  return made;
}
