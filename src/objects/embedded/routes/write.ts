import { receive } from '../content/receive.ts';
import { failure } from '../failure.ts';
import { sendEmpty } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { quoted } from '../http/documents.ts';
import { writeCondition } from '../rules/conditions.ts';
import { metaOf } from '../rules/meta.ts';
import { storeReceived } from '../storing.ts';
import { bucketOf, removeObject, seqOf } from '../writes.ts';
import { copyObject } from './copy.ts';
import { checksumOf } from './read.ts';

/** `PUT /bucket/key`: stores the body, or a copy of the object that a header names. */
export async function putObject(call: Call): Promise<void> {
  if (call.headers['x-amz-copy-source'] !== undefined) return copyObject(call);
  const { core, bucket, key, headers, by } = call;
  const meta = metaOf(headers);
  const allow = writeCondition(headers);
  // Before the body, so that nobody sends a gigabyte to learn this; again when it is stored.
  bucketOf(core, bucket);
  const current = core.objects.newest(bucket, key);
  allow(current?.marker ? undefined : current);
  const received = await receive(call);
  const event = 's3:ObjectCreated:Put';
  const { object, versionId } = await storeReceived(core, received, { bucket, key, event, by, allow, meta });
  sendEmpty(call, 200, {
    etag: quoted(object.etag),
    ...checksumOf(object),
    ...(versionId ? { 'x-amz-version-id': versionId } : {}),
  });
}

/** `DELETE /bucket/key`: 204 also when there was nothing. */
export async function deleteObject(call: Call): Promise<void> {
  const { core, bucket, key, query, by } = call;
  const version = query.get('versionId') || undefined;
  // It is told back in a header, whether there was such a version or not.
  if (version && version !== 'null' && seqOf(version) === undefined)
    throw failure('InvalidArgument', 'Invalid version id specified');
  const removed = await removeObject(core, { bucket, key, by, ...(version ? { version } : {}) });
  sendEmpty(call, 204, {
    ...(removed.versionId ? { 'x-amz-version-id': removed.versionId } : {}),
    ...(removed.marker ? { 'x-amz-delete-marker': 'true' } : {}),
  });
}
