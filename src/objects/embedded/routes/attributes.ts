import type { ObjectVersion } from '../../../store/objects.ts';
import { failure } from '../failure.ts';
import { sendXml } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { checksumElements } from '../http/documents.ts';
import { shownVersion } from '../versions.ts';
import { pageOf } from './parts.ts';
import { requestedObject } from './read.ts';

/** `GET /bucket/key?attributes`: those that the header asks for. */
export function getAttributes(call: Call): void {
  const { core, headers, response } = call;
  const wanted = String(headers['x-amz-object-attributes'] ?? '')
    .split(',')
    .map((name) => name.trim());
  if (wanted.join('') === '') throw failure('InvalidArgument', 'The x-amz-object-attributes header is missing.');
  const object = requestedObject(call);
  const all: Record<string, unknown> = {
    ETag: object.etag,
    Checksum: checksums(object),
    ObjectParts: parts(object, call),
    StorageClass: 'STANDARD',
    ObjectSize: object.size,
  };
  const version = shownVersion(core, object);
  if (version) response.setHeader('x-amz-version-id', version);
  response.setHeader('last-modified', new Date(object.modifiedAt).toUTCString());
  const chosen = Object.entries(all).filter(([name, value]) => wanted.includes(name) && value !== undefined);
  sendXml(call, 'GetObjectAttributesResponse', Object.fromEntries(chosen));
}

function checksums({ meta }: ObjectVersion) {
  if (!meta.checksums || Object.keys(meta.checksums).length === 0) return undefined;
  return { ...checksumElements(meta.checksums), ChecksumType: meta.checksumType ?? 'FULL_OBJECT' };
}

function parts({ meta }: ObjectVersion, { headers }: Call) {
  if (!meta.parts) return undefined;
  const { limit, after } = pageOf(headers['x-amz-max-parts'], headers['x-amz-part-number-marker']);
  const rest = meta.parts.filter((part) => part.number > after);
  const page = rest.slice(0, limit);
  return {
    PartsCount: meta.parts.length,
    PartNumberMarker: after,
    NextPartNumberMarker: page.at(-1)?.number ?? 0,
    MaxParts: limit,
    IsTruncated: rest.length > page.length,
    Part: page.map((part) => ({ PartNumber: part.number, Size: part.size, ...checksumElements(part.checksums) })),
  };
}
