import type { ObjectVersion } from '../../../store/objects.ts';
import { sendXml } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { isoTime, owner, quoted } from '../http/documents.ts';
import { type Entry, roll, type Start } from '../rules/rolling.ts';
import { bucketOf, seqOf } from '../writes.ts';
import { heading, type ListQuery, listQuery, nameOf, prefixes } from './listing.ts';

/** `GET /bucket?versions`: every version and delete marker, newest first within a key. */
export function listVersions(call: Call): void {
  bucketOf(call.core, call.bucket);
  const query = listQuery(call, 'max-keys');
  const keyMarker = call.query.get('key-marker') ?? '';
  const versionMarker = call.query.get('version-id-marker') || undefined;
  const options = { ...query, after: keyMarker, ...(versionMarker ? { within: versionMarker } : {}) };
  const page = roll(options, (start) => scan(call, start));
  sendXml(call, 'ListVersionsResult', {
    ...heading(call, query),
    KeyMarker: query.encode(keyMarker),
    ...(versionMarker ? { VersionIdMarker: versionMarker } : {}),
    ...(page.truncated ? next(page.entries.at(-1), query) : {}),
    IsTruncated: page.truncated,
    // Two lists instead of one mixed: clients sort versions and markers into two lists anyway.
    ...rows(page.entries, query),
    ...prefixes(page.entries, query.encode),
  });
}

function scan({ core, bucket }: Call, { key, inclusive, within }: Start): Iterable<ObjectVersion> {
  if (within === undefined) return core.objects.versions({ bucket, key, inclusive });
  // The version that the page before ended with may be deleted by now; its place is in its id.
  const seq = core.objects.version(bucket, key, within)?.seq ?? seqOf(within);
  if (seq === undefined) return core.objects.versions({ bucket, key, inclusive: true });
  return core.objects.versions({ bucket, key, inclusive: false, seq });
}

function next(last: Entry<ObjectVersion> | undefined, { encode }: ListQuery) {
  const version = last && 'item' in last ? { NextVersionIdMarker: last.item.version } : {};
  return { NextKeyMarker: encode(nameOf(last)), ...version };
}

function rows(entries: Entry<ObjectVersion>[], { encode }: ListQuery) {
  const objects = entries.flatMap((entry) => ('item' in entry ? [entry.item] : []));
  const common = (object: ObjectVersion) => ({
    Key: encode(object.key),
    VersionId: object.version,
    IsLatest: object.latest,
    LastModified: isoTime(object.modifiedAt),
    Owner: owner,
  });
  return {
    Version: objects
      .filter((object) => !object.marker)
      .map((object) => ({
        ...common(object),
        ETag: quoted(object.etag),
        Size: object.size,
        StorageClass: 'STANDARD',
      })),
    DeleteMarker: objects.filter((object) => object.marker).map(common),
  };
}
