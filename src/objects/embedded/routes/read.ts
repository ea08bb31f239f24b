import type { OutgoingHttpHeaders } from 'node:http';
import type { ObjectVersion } from '../../../store/objects.ts';
import type { Span } from '../content/blobs.ts';
import { failure } from '../failure.ts';
import { sendEmpty, sendStream } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { checksumHeaders, quoted } from '../http/documents.ts';
import { asBytes } from '../http/target.ts';
import { judge } from '../rules/conditions.ts';
import { headerValue } from '../rules/meta.ts';
import { spanOf } from '../rules/ranges.ts';
import { objectOf, shownVersion } from '../versions.ts';

/** `GET` and `HEAD /bucket/key`: the whole, a range or a part, if the request's conditions hold. */
export async function readObject(call: Call): Promise<void> {
  const { core, request, response } = call;
  const object = requestedObject(call);
  const headers = headersOf(call, object);
  for (const [name, value] of Object.entries(overrides(call))) headers[name] = value;
  const verdict = judge(call.headers, object);
  if (verdict === 'unchanged') return sendEmpty(call, 304, withoutContent(headers));
  if (verdict === 'failed') throw failure('PreconditionFailed');

  const span = wantedSpan(call, object);
  if (span === 'beyond') {
    response.setHeader('content-range', `bytes */${object.size}`);
    throw failure('InvalidRange');
  }
  headers['content-length'] = span ? span.to - span.from + 1 : object.size;
  if (span) headers['content-range'] = `bytes ${span.from}-${span.to}/${object.size}`;
  else if (call.headers['x-amz-checksum-mode']?.toString().toUpperCase() === 'ENABLED') {
    Object.assign(headers, checksumOf(object));
  }
  if (call.query.has('partNumber') && object.meta.parts) headers['x-amz-mp-parts-count'] = object.meta.parts.length;
  const status = span ? 206 : 200;
  if (request.method === 'HEAD') return sendEmpty(call, status, headers);
  await sendStream(call, status, headers, core.files.read(object.blobs, span));
}

/** The object that the address names; a delete marker in its place is told of in headers. */
export function requestedObject(call: Call): ObjectVersion {
  const { core, bucket, key, query, response } = call;
  const version = query.get('versionId') || undefined;
  return objectOf(core, { bucket, key, version }, (marker) => {
    response.setHeader('x-amz-delete-marker', 'true');
    response.setHeader('x-amz-version-id', marker.version);
    if (version) response.setHeader('last-modified', new Date(marker.modifiedAt).toUTCString());
  });
}

function headersOf({ core }: Call, object: ObjectVersion): OutgoingHttpHeaders {
  const version = shownVersion(core, object);
  const tags = Object.keys(object.meta.tags ?? {}).length;
  return {
    ...object.meta.headers,
    etag: quoted(object.etag),
    'last-modified': new Date(object.modifiedAt).toUTCString(),
    'accept-ranges': 'bytes',
    ...(version ? { 'x-amz-version-id': version } : {}),
    ...(tags > 0 ? { 'x-amz-tagging-count': tags } : {}),
  };
}

/** The checksum that came with the object, and its type, as headers. */
export function checksumOf({ meta }: ObjectVersion): Record<string, string> {
  const headers = checksumHeaders(meta.checksums ?? {});
  if (Object.keys(headers).length === 0) return {};
  return { ...headers, 'x-amz-checksum-type': meta.checksumType ?? 'FULL_OBJECT' };
}

const overridable = [
  'content-type',
  'content-language',
  'expires',
  'cache-control',
  'content-disposition',
  'content-encoding',
];

function overrides({ query }: Call): Record<string, string> {
  const asked = overridable.map((name) => [name, query.get(`response-${name}`)] as const);
  return Object.fromEntries(
    asked.flatMap(([name, value]) => (value ? [[name, headerValue(`response-${name}`, asBytes(value))]] : [])),
  );
}

const withoutContent = (headers: OutgoingHttpHeaders): OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('content-')));

function wantedSpan(call: Call, object: ObjectVersion): Span | 'beyond' | undefined {
  const part = call.query.get('partNumber');
  if (!part) return spanOf(call.headers.range, object.size);
  if (call.headers.range)
    throw failure('InvalidRequest', 'Cannot specify both Range header and partNumber query parameter');
  return spanOfPart(Number(part), object);
}

function spanOfPart(number: number, { meta, size }: ObjectVersion): Span | undefined {
  const parts = meta.parts ?? [{ number: 1, size, checksums: {} }];
  let from = 0;
  for (const part of parts) {
    if (part.number === number) return part.size === 0 ? undefined : { from, to: from + part.size - 1 };
    from += part.size;
  }
  throw failure('InvalidPartNumber');
}
