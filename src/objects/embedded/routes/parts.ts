import { receive, receiveFrom, textOf } from '../content/receive.ts';
import { failure } from '../failure.ts';
import { sendEmpty, sendXml } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { checksumElements, checksumHeaders, isoTime, owner, quoted } from '../http/documents.ts';
import { refuseEncryption } from '../rules/meta.ts';
import { type Given, mostAsked, wholeNumber } from '../rules/numbers.ts';
import { spanOf } from '../rules/ranges.ts';
import { adopt, keeping, type Received } from '../storing.ts';
import { uploadOf } from '../uploads.ts';
import { readableSource, sourceOf } from './copy.ts';

const mostParts = 10_000;

/** `PUT /bucket/key?partNumber=…&uploadId=…`: one part, from the body or from another object. */
export async function putPart(call: Call): Promise<void> {
  const number = wholeNumber(call.query.get('partNumber'), { name: 'partNumber', least: 1, most: mostParts });
  refuseEncryption(call.headers);
  const { algorithm } = uploadOf(call).meta;
  if (call.headers['x-amz-copy-source'] !== undefined) return copyPart(call, number, algorithm);
  const received = await receive(call, algorithm);
  await storePart(call, number, received);
  sendEmpty(call, 200, {
    etag: quoted(received.md5),
    ...checksumHeaders(received.checksums),
  });
}

async function copyPart(call: Call, number: number, algorithm: string | undefined): Promise<void> {
  const { core, headers, response } = call;
  await textOf(call);
  const source = sourceOf(call);
  const object = readableSource(call, source);
  const range = headers['x-amz-copy-source-range']?.toString();
  const span = spanOf(range, object.size);
  if (range !== undefined && (span === undefined || span === 'beyond' || !range.endsWith(`-${span.to}`))) {
    throw failure('InvalidArgument', `Range specified is not valid for source object of size: ${object.size}`);
  }
  const stream = core.files.read(object.blobs, span === 'beyond' ? undefined : span);
  const received = await receiveFrom(core, stream, algorithm);
  const modifiedAt = await storePart(call, number, received);
  if (source.version) response.setHeader('x-amz-copy-source-version-id', source.version);
  sendXml(call, 'CopyPartResult', { LastModified: isoTime(modifiedAt), ETag: quoted(received.md5) });
}

async function storePart(call: Call, number: number, { content, md5, checksums }: Received): Promise<number> {
  const { core } = call;
  const modifiedAt = core.now();
  await keeping(core, content, () =>
    core.change(() => {
      // It may have been completed or aborted while the part was on its way.
      const { id } = uploadOf(call);
      const blobs = adopt(core, content);
      core.uploads.addPart({ upload: id, number, size: content.blob.size, etag: md5, checksums, modifiedAt, blobs });
    }),
  );
  return modifiedAt;
}

/** Which parts a listing of them shall tell of. */
export const pageOf = (most: Given, marker: Given): { limit: number; after: number } => ({
  limit: Math.min(wholeNumber(most, { name: 'max-parts', absent: 1000, most: mostAsked }), 1000),
  after: wholeNumber(marker, { name: 'part-number-marker', absent: 0, most: mostAsked }),
});

/** `GET /bucket/key?uploadId=…`: the parts that have arrived. */
export function listParts(call: Call): void {
  const { core, bucket, key, query } = call;
  const upload = uploadOf(call);
  const { limit, after } = pageOf(query.get('max-parts'), query.get('part-number-marker'));
  const parts = core.uploads.partsAfter(upload.id, { after, limit: limit + 1 });
  const page = parts.slice(0, limit);
  sendXml(call, 'ListPartsResult', {
    Bucket: bucket,
    Key: key,
    UploadId: upload.id,
    Initiator: owner,
    Owner: owner,
    StorageClass: 'STANDARD',
    PartNumberMarker: after,
    NextPartNumberMarker: page.at(-1)?.number ?? 0,
    MaxParts: limit,
    IsTruncated: limit > 0 && parts.length > limit,
    ...(upload.meta.algorithm
      ? { ChecksumAlgorithm: upload.meta.algorithm.toUpperCase(), ChecksumType: upload.meta.checksumType }
      : {}),
    Part: page.map((part) => ({
      PartNumber: part.number,
      LastModified: isoTime(part.modifiedAt),
      ETag: quoted(part.etag),
      Size: part.size,
      ...checksumElements(part.checksums),
    })),
  });
}
