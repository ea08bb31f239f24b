import type { UploadMeta } from '../../../store/uploads.ts';
import { isChecksum } from '../content/checksums.ts';
import { textOf } from '../content/receive.ts';
import { failure } from '../failure.ts';
import { sendEmpty, sendXml } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { isoTime, owner } from '../http/documents.ts';
import { metaOf } from '../rules/meta.ts';
import { roll } from '../rules/rolling.ts';
import { uploadId, uploadOf } from '../uploads.ts';
import { bucketOf } from '../writes.ts';
import { listQuery, nameOf, prefixes } from './listing.ts';

/** `POST /bucket/key?uploads`: begins an upload in parts. */
export async function beginUpload(call: Call): Promise<void> {
  const { core, bucket, key, response } = call;
  await textOf(call);
  const meta: UploadMeta = { ...metaOf(call.headers), ...checksumOf(call) };
  const id = await core.db.write(() => {
    bucketOf(core, bucket);
    const createdAt = core.now();
    const id = uploadId(core.objects.nextSeq(createdAt));
    core.uploads.add({ id, bucket, key, meta, createdAt });
    return id;
  });
  if (meta.algorithm) {
    response.setHeader('x-amz-checksum-algorithm', meta.algorithm.toUpperCase());
    response.setHeader('x-amz-checksum-type', meta.checksumType ?? 'COMPOSITE');
  }
  sendXml(call, 'InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: id });
}

function checksumOf({ headers }: Call): Pick<UploadMeta, 'algorithm' | 'checksumType'> {
  const algorithm = headers['x-amz-checksum-algorithm']?.toString().toLowerCase();
  if (!algorithm) return {};
  if (!isChecksum(algorithm)) throw failure('InvalidRequest', 'Checksum algorithm provided is unsupported.');
  const asked = headers['x-amz-checksum-type']?.toString().toUpperCase();
  const checksumType = asked ?? (algorithm === 'crc64nvme' ? 'FULL_OBJECT' : 'COMPOSITE');
  const isWhole = checksumType === 'FULL_OBJECT';
  if (!isWhole && checksumType !== 'COMPOSITE') throw failure('InvalidRequest', 'Unknown checksum type.');
  // S3: a hash of the whole cannot be had from the hashes of its parts, a CRC64NVME of parts is not offered.
  if (isWhole ? algorithm.startsWith('sha') : algorithm === 'crc64nvme') {
    throw failure(
      'InvalidRequest',
      `The ${checksumType} checksum type cannot be used with the ${algorithm} algorithm.`,
    );
  }
  return { algorithm, checksumType: isWhole ? 'FULL_OBJECT' : 'COMPOSITE' };
}

/** `DELETE /bucket/key?uploadId=…`: forgets an upload and what has arrived of it. */
export async function abortUpload(call: Call): Promise<void> {
  const { core } = call;
  await core.change(() => core.uploads.remove(uploadOf(call).id));
  sendEmpty(call, 204);
}

/** `GET /bucket?uploads`: the uploads in progress. */
export function listUploads(call: Call): void {
  const { core, bucket, query } = call;
  bucketOf(core, bucket);
  const { limit, prefix, delimiter, encode, encodingType } = listQuery(call, 'max-uploads');
  const after = query.get('key-marker') ?? '';
  const within = query.get('upload-id-marker') || undefined;
  const page = roll({ limit, prefix, delimiter, after, ...(within ? { within } : {}) }, ({ key, within, inclusive }) =>
    core.uploads.from({ bucket, key, inclusive, ...(within ? { id: within } : {}) }),
  );
  const last = page.entries.at(-1);
  const next = {
    NextKeyMarker: encode(nameOf(last)),
    NextUploadIdMarker: last && 'item' in last ? last.item.id : '',
  };
  sendXml(call, 'ListMultipartUploadsResult', {
    Bucket: bucket,
    KeyMarker: encode(after),
    UploadIdMarker: within ?? '',
    ...(page.truncated ? next : {}),
    ...(delimiter ? { Delimiter: encode(delimiter) } : {}),
    Prefix: encode(prefix),
    ...(encodingType ? { EncodingType: encodingType } : {}),
    MaxUploads: limit,
    IsTruncated: page.truncated,
    Upload: page.entries.flatMap((entry) =>
      'prefix' in entry
        ? []
        : [
            {
              Key: encode(entry.item.key),
              UploadId: entry.item.id,
              Initiator: owner,
              Owner: owner,
              StorageClass: 'STANDARD',
              Initiated: isoTime(entry.item.createdAt),
              ...(entry.item.meta.algorithm ? { ChecksumAlgorithm: entry.item.meta.algorithm.toUpperCase() } : {}),
            },
          ],
    ),
    ...prefixes(page.entries, encode),
  });
}
