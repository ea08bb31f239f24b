import { decodeJson } from '../../declare/decode.ts';
import type { Decoded } from '../../declare/shape.ts';
import { rightOf, ruleOf } from '../../model/bucketrule.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Person } from '../../model/person.ts';
import { keysOf } from '../accounts.ts';
import { type Answer, json, text } from '../answer.ts';
import { readBody } from '../body.ts';
import { canonicalHeader, seconds } from '../formats.ts';
import { sorted } from '../json.ts';
import type { ApiParts } from '../parts.ts';
import { prefixed } from '../prefixed.ts';
import type { Route } from '../route.ts';

/** What a link is asked for with. */
export const presignShape = {
  object_key: 'string',
  operation: 'string',
  expires_in: 'int',
  // What oscar-python calls it.
  expires: 'any',
  content_type: 'string',
  extra_headers: { '*': 'string' },
} as const;
type Wanted = Decoded<typeof presignShape>;

const week = 7 * 24 * 3600;

/** Links to objects that need no credentials for a while. */
export const presignRoutes = (parts: ApiParts): Route[] => [
  {
    method: 'post',
    path: '/system/buckets/:bucket/presign',
    access: 'person',
    handle: async ({ request, params, person }) =>
      presigned(parts, { bucket: params.bucket ?? '', person }, wantedIn(await readBody(request))),
  },
];

const wantedIn = (body: Buffer): Wanted =>
  prefixed('Invalid presign request: ', () => {
    const { value } = decodeJson(body, presignShape);
    demand(value);
    return value;
  });

function demand({ object_key, operation }: Wanted): void {
  const missing = [...(object_key ? [] : ['ObjectKey']), ...(operation ? [] : ['Operation'])];
  if (missing.length === 0) return;
  const line = (field: string) =>
    `Key: 'PresignRequest.${field}' Error:Field validation for '${field}' failed on the 'required' tag`;
  throw new SandboxError('invalid', missing.map(line).join('\n'));
}

async function presigned(
  parts: ApiParts,
  { bucket, person }: { bucket: string; person: Person },
  wanted: Wanted,
): Promise<Answer> {
  const { buckets, now } = parts;
  const key = (wanted.object_key ?? '').trim().replace(/^\/+|\/+$/g, '');
  if (key === '') return text(400, 'Object key cannot be empty');
  const operation = (wanted.operation ?? '').trim().toLowerCase();
  if (operation !== 'upload' && operation !== 'download') {
    return text(400, `Unsupported operation '${wanted.operation}'. Allowed values are 'upload' or 'download'`);
  }
  const expiresSeconds = expiry(wanted);
  if (expiresSeconds < 1 || expiresSeconds > week) {
    return text(400, `Invalid expiration requested: ${expiresSeconds}. Allowed range is 1-${week} seconds`);
  }
  const tags = await buckets.tags(bucket);
  if (!tags) return text(404, `Bucket '${bucket}' not found`);
  if (!mayUse(parts, { bucket, person, tags })) {
    return text(403, `User '${person.uid}' is not authorised to generate presigned URLs for bucket '${bucket}'`);
  }
  const keys = await keysOf(parts, person);
  const { headers, contentType } = signedHeaders(operation, wanted);
  const method = operation === 'upload' ? 'PUT' : 'GET';
  const url = buckets.presign({ method, bucket, key, expiresSeconds, contentType, headers, keys });
  const sent = operation === 'upload' && contentType ? { ...headers, 'Content-Type': contentType } : headers;
  return json(200, {
    object_key: key,
    operation,
    method,
    url,
    expires_at: seconds(now() + expiresSeconds * 1000),
    ...(Object.keys(sent).length > 0 ? { headers: sorted(sent) } : {}),
  });
}

function mayUse(
  { store }: ApiParts,
  { bucket, person, tags }: { bucket: string; person: Person; tags: Record<string, string> },
): boolean {
  const rule = ruleOf(tags, store.bucketRules.get(bucket));
  return person.kind === 'admin' || rightOf(rule, person.uid) !== undefined;
}

/** OSCAR: 0 is the default. A positive `expires` counts where `expires_in` says nothing. */
function expiry({ expires_in, expires }: Wanted): number {
  if (expires_in) return expires_in;
  return typeof expires === 'number' && Number.isInteger(expires) && expires > 0 ? expires : 900;
}

/** The headers that the caller must send; of an upload its type is one, and the caller may name it either way. */
function signedHeaders(operation: 'upload' | 'download', { content_type, extra_headers }: Wanted) {
  const given = Object.entries(extra_headers ?? {}).map(([name, value]) => [canonicalHeader(name), value] as const);
  const headers: Record<string, string> = Object.fromEntries(given);
  const { 'Content-Type': type, ...rest } = headers;
  if (operation === 'download') return { headers, contentType: content_type || undefined };
  return { headers: rest, contentType: type || content_type || undefined };
}
