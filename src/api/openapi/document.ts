import { oscarVersion } from '../protocol.ts';
import { components } from './components.ts';
import type { Operation, Told } from './operation.ts';
import { operations } from './operations.ts';
import { type JsonSchema, text } from './schema.ts';

interface OpenApi {
  openapi: string;
  info: Record<string, unknown>;
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, unknown>>;
  components: Record<string, unknown>;
}

const sentence = (about: string): Told => ({ about, content: { 'text/plain': text() } });

/** What a request may be answered whatever it asks for. */
const always: Record<number, Told> = {
  400: sentence('The path cannot be read, or the body is not what is asked for.'),
  421: sentence('The `Host` of the request is no name of this sandbox: `--allow-host` adds one.'),
};
const forPersons: Record<number, Told> = {
  401: sentence('The credentials are missing or wrong.'),
  403: sentence('This is not for whoever asks, or a browser sent it without being asked to.'),
};
const withBody: Record<number, Told> = { 413: sentence('The body is too long.') };

/** The API as an OpenAPI document. */
export function openApiDocument(version: string): OpenApi {
  return {
    openapi: '3.1.0',
    info: {
      title: 'OSCAR Sandbox',
      version,
      summary: `The API of OSCAR ${oscarVersion}, and the sandbox's own routes.`,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: operations.map(({ name, about }) => ({ name, description: about })),
    paths: paths(),
    components: {
      schemas: components(),
      securitySchemes: {
        administrator: { type: 'http', scheme: 'basic', description: 'Name and password of the administrator.' },
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token of an OIDC issuer; `/run` and `/job` take the token of a service as well.',
        },
      },
    },
  };
}

function paths(): OpenApi['paths'] {
  const found: OpenApi['paths'] = {};
  for (const { name, of } of operations) {
    for (const [request, operation] of Object.entries(of)) {
      const [method = '', path = ''] = request.split(' ');
      const written = path.replace(/[:*](\w+)/g, '{$1}');
      const described = { tags: [name], operationId: idOf(method, path), ...describe(operation, path) };
      found[written] = { ...found[written], [method.toLowerCase()]: described };
    }
  }
  return found;
}

/** `get-system-services-serviceName` */
const idOf = (method: string, path: string): string =>
  [method.toLowerCase(), ...path.split(/[^A-Za-z]+/).filter(Boolean)].join('-');

function describe(operation: Operation, path: string): Record<string, unknown> {
  const { summary, description, body, who } = operation;
  const parameters = parametersOf(operation, path);
  return {
    summary,
    ...(description === undefined ? {} : { description }),
    security: security[who],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { description: body.about, content: contentOf(body.schema) } } : {}),
    responses: responsesOf(operation),
  };
}

/** Bodies are read as JSON whatever type they are said to have. */
const contentOf = (schema: JsonSchema | undefined) =>
  schema ? { 'application/json': { schema } } : { 'application/octet-stream': {} };

const security: Record<Operation['who'], object[]> = {
  anyone: [],
  admin: [{ administrator: [] }],
  person: [{ administrator: [] }, { bearer: [] }],
};

function parametersOf({ query = {}, headers = {} }: Operation, path: string) {
  const named =
    (place: string) =>
    ([name, schema]: [string, JsonSchema]) => {
      const { description, ...rest } = schema;
      return { name, in: place, required: place === 'path', description, schema: rest };
    };
  const inPath = [...path.matchAll(/[:*](\w+)/g)].map(([, name = '']): [string, JsonSchema] => [
    name,
    text(about(name)),
  ]);
  return [
    ...inPath.map(named('path')),
    ...Object.entries(query).map(named('query')),
    ...Object.entries(headers).map(named('header')),
  ];
}

const told: Record<string, string> = {
  serviceName: 'Name of a service.',
  jobName: 'Name of a job.',
  bucket: 'Name of a bucket.',
  volumeName: 'Name of a volume.',
  userId: 'Subject of a user.',
  id: 'Id of an invocation.',
};
const about = (name: string): string => told[name] ?? 'The rest of the path.';

function responsesOf({ answers, who, body }: Operation): Record<string, unknown> {
  const all = { ...always, ...(who === 'anyone' ? {} : forPersons), ...(body ? withBody : {}), ...answers };
  return Object.fromEntries(
    Object.entries(all).map(([status, { about: description, content }]) => [
      status,
      {
        description,
        ...(content
          ? { content: Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }])) }
          : {}),
      },
    ]),
  );
}
