import type { ObjectVersion } from '../../../store/objects.ts';
import { textOf } from '../content/receive.ts';
import { failure } from '../failure.ts';
import { mayRead } from '../http/admission.ts';
import { sendXml } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { isoTime, quoted } from '../http/documents.ts';
import { decoded } from '../http/target.ts';
import { judge, writeCondition } from '../rules/conditions.ts';
import { metaOf } from '../rules/meta.ts';
import { objectOf, type Wanted } from '../versions.ts';
import { addObject } from '../writes.ts';

/** `PUT /bucket/key` with `x-amz-copy-source`: both objects share their bytes, which never change. */
export async function copyObject(call: Call): Promise<void> {
  const { core, bucket, key, headers, by, response } = call;
  const source = sourceOf(call);
  const replaces = directive(call, 'x-amz-metadata-directive');
  const replacesTags = directive(call, 'x-amz-tagging-directive');
  await textOf(call);
  const isItself = source.bucket === bucket && source.key === key && !source.version;
  if (isItself && !replaces && !replacesTags) throw failure('InvalidRequest', copiedOntoItself);
  const given = metaOf(headers);
  const compose = () => {
    const { size, etag, meta, blobs } = readableSource(call, source);
    const { headers } = replaces ? given : meta;
    const tags = replacesTags ? given.tags : meta.tags;
    const { tags: _, ...rest } = meta;
    return { size, etag, blobs, meta: { ...rest, headers, ...(tags ? { tags } : {}) } };
  };
  const allow = writeCondition(headers);
  const event = 's3:ObjectCreated:Copy';
  const { object, versionId } = await addObject(core, { bucket, key, event, by, allow, compose });
  if (versionId) response.setHeader('x-amz-version-id', versionId);
  if (source.version) response.setHeader('x-amz-copy-source-version-id', source.version);
  sendXml(call, 'CopyObjectResult', { LastModified: isoTime(object.modifiedAt), ETag: quoted(object.etag) });
}

const copiedOntoItself =
  "This copy request is illegal because it is trying to copy an object to itself without changing the object's " +
  'metadata, storage class, website redirect location or encryption attributes.';

/** The object that the header names, `bucket/key?versionId=…`, percent-encoded. */
export function sourceOf({ core, headers, access }: Call): Wanted {
  const header = String(headers['x-amz-copy-source'] ?? '');
  const [path = '', version] = header.split('?versionId=');
  const [bucket = '', ...rest] = decoded(path).replace(/^\//, '').split('/');
  const key = rest.join('/');
  if (!bucket || !key)
    throw failure('InvalidArgument', 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey.');
  const source = { bucket, key, version: version || undefined };
  if (!mayRead(core, access, source)) throw failure('AccessDenied');
  return source;
}

/** The source of a copy, if it is as the request's conditions want it. */
export function readableSource({ core, headers }: Call, source: Wanted): ObjectVersion {
  const object = objectOf(core, source);
  if (judge(headers, object, 'x-amz-copy-source-') !== 'wanted') throw failure('PreconditionFailed');
  return object;
}

function directive({ headers }: Call, name: string): boolean {
  const value = String(headers[name] ?? 'COPY').toUpperCase();
  if (value !== 'COPY' && value !== 'REPLACE') throw failure('InvalidArgument', `Unknown ${name}.`);
  return value === 'REPLACE';
}
