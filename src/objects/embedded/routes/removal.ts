import { textOf } from '../content/receive.ts';
import { asFailure, failure } from '../failure.ts';
import { sendXml } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { parseXml } from '../http/xml.ts';
import { keyFault } from '../rules/names.ts';
import { bucketOf, removeObject } from '../writes.ts';

const most = 1000;

/** `POST /bucket?delete`: many at once, each on its own. */
export async function deleteObjects(call: Call): Promise<void> {
  const body = parseXml(await textOf(call), 'Delete');
  const wanted = body
    .all('Object')
    .map((one) => ({ key: one.text('Key') ?? '', version: one.text('VersionId') || undefined }));
  if (wanted.length === 0 || wanted.length > most) throw failure('MalformedXML');
  bucketOf(call.core, call.bucket);
  const quiet = body.text('Quiet') === 'true';
  // Side by side: they share one transaction.
  const results = await Promise.all(wanted.map((one) => remove(call, one)));
  sendXml(call, 'DeleteResult', {
    Deleted: quiet ? [] : results.flatMap((result) => ('deleted' in result ? [result.deleted] : [])),
    Error: results.flatMap((result) => ('error' in result ? [result.error] : [])),
  });
}

interface Target {
  key: string;
  version: string | undefined;
}

async function remove({ core, bucket, by }: Call, { key, version }: Target) {
  const named = { Key: key, ...(version ? { VersionId: version } : {}) };
  try {
    const fault = keyFault(key);
    if (fault) throw failure(fault);
    const removed = await removeObject(core, { bucket, key, by, ...(version ? { version } : {}) });
    if (!removed.marker) return { deleted: named };
    return { deleted: { ...named, DeleteMarker: true, DeleteMarkerVersionId: removed.versionId } };
  } catch (error) {
    const { code, message } = asFailure(error);
    return { error: { ...named, Code: code, Message: message } };
  }
}
