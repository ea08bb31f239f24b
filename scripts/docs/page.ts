import { openApiDocument } from '../../src/api/openapi/document.ts';
import type { Operation, Told } from '../../src/api/openapi/operation.ts';
import { operations } from '../../src/api/openapi/operations.ts';
import type { JsonSchema } from '../../src/api/openapi/schema.ts';

const who: Record<Operation['who'], string> = {
  anyone: 'anyone',
  person: 'the administrator, users',
  admin: 'the administrator',
};

/** The text of docs/api.md: every request, and the documents in bodies and answers. */
export function apiPage(): string {
  const groups = operations.map(({ name, about, of }) => [
    `## ${name}`,
    about,
    ...Object.entries(of).map(([request, operation]) => section(request, operation)),
  ]);
  return `${[head, ...groups.flat(), '## Documents', documents()].join('\n\n')}\n`;
}

const head = `# The API

<!-- Made by \`npm run docs\` from the same descriptions as \`/openapi.json\`. -->

Every request that the sandbox answers. The administrator sends name and password (Basic), users a token of their OIDC
issuer (Bearer). Errors are plain text, one sentence; \`X-Oscar-Sandbox-Hint\` says what can be done about it, where there
is something. Any request may also be answered 400 (the path cannot be read), 401 and 403 (credentials), 413 (the body is
too long) and 421 (the \`Host\` is no name of this sandbox). What OSCAR answers otherwise is in
[differences.md](differences.md).`;

function section(request: string, { summary, description, who: by, query, headers, body, answers }: Operation): string {
  const parameters = [
    ...Object.entries(query ?? {}).map(([name, schema]) => line(`\`?${name}=\``, schema.description ?? '')),
    ...Object.entries(headers ?? {}).map(([name, schema]) => line(`\`${name}:\``, schema.description ?? '')),
    ...(body ? [line('body', `${body.about}${form(body.schema)}`)] : []),
  ];
  const rows = Object.entries(answers).map(([status, answer]) => line(status, `${answer.about}${formOf(answer)}`));
  return [
    `### \`${request.replace(/[:*](\w+)/g, '{$1}')}\``,
    [summary, description, `For ${who[by]}.`].filter(Boolean).join(' '),
    [...parameters, ...rows].join('\n'),
  ].join('\n\n');
}

const line = (what: string, about: string): string => `- ${what}: ${about}`;

const formOf = ({ content = {} }: Told): string => {
  const [type, schema] = Object.entries(content)[0] ?? [];
  return type === 'application/json' ? form(schema) : '';
};

function form(schema: JsonSchema | undefined): string {
  if (!schema) return '';
  const written = typed(schema);
  return written === 'object' ? '' : ` \`${written}\``;
}

/** A schema in a word or two: what objects in objects hold is left out. */
function typed(schema: JsonSchema, depth = 0): string {
  const { $ref: target, type, items, properties, additionalProperties, enum: values, anyOf } = schema;
  if (typeof target === 'string') return target.split('/').at(-1) ?? '';
  if (anyOf) return [...new Set(anyOf.map((one) => typed(one, depth)))].join(' or ');
  if (values) return values.map((value) => JSON.stringify(value)).join(' or ');
  if (type === 'array') return `[${typed(items ?? {}, depth)}]`;
  if (properties) return depth > 0 ? '{…}' : `{${fieldsOf(properties)}}`;
  if (typeof additionalProperties === 'object') return `{…: ${typed(additionalProperties, depth)}}`;
  return String(type ?? 'any');
}

const fieldsOf = (properties: Record<string, JsonSchema>): string =>
  Object.entries(properties)
    .map(([name, value]) => `${name}: ${typed(value, 1)}`)
    .join(', ');

function documents(): string {
  const { schemas } = openApiDocument('').components as { schemas: Record<string, JsonSchema> };
  return Object.entries(schemas)
    .map(([name, schema]) => [`### ${name}`, schema.description, table(schema)].filter(Boolean).join('\n\n'))
    .join('\n\n');
}

function table({ properties = {}, required = [] }: JsonSchema): string {
  const rows = Object.entries(properties).map(([name, schema]) => {
    const always = required.includes(name) ? '' : ' (may be absent)';
    const cells = [`\`${name}\`${always}`, `\`${typed(schema).replaceAll('|', '\\|')}\``, schema.description ?? ''];
    return `| ${cells.join(' | ')} |`;
  });
  return ['| key | holds | |', '|---|---|---|', ...rows].join('\n');
}
