import { createHash } from 'node:crypto';
import type { ObjectMeta, ObjectVersion } from '../../../store/objects.ts';
import type { Part, Upload } from '../../../store/uploads.ts';
import { kinds } from '../content/checksums.ts';
import { textOf } from '../content/receive.ts';
import { checksumOfWhole } from '../content/whole.ts';
import { failure } from '../failure.ts';
import { sendXml } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { checksumElements, quoted, urlEncoded } from '../http/documents.ts';
import { type Element, parseXml } from '../http/xml.ts';
import { writeCondition } from '../rules/conditions.ts';
import { uploadOf } from '../uploads.ts';
import { addObject, type Draft } from '../writes.ts';

/** All parts but the last are at least so large. */
const smallestPart = 5 * 1024 * 1024;

interface Named {
  number: number;
  etag: string;
  checksums: Record<string, string>;
}

/** `POST /bucket/key?uploadId=…`: the parts, in order, become the object. Their bytes stay where they are. */
export async function completeUpload(call: Call): Promise<void> {
  const { core, bucket, key, headers, by } = call;
  const named = namedParts(parseXml(await textOf(call), 'CompleteMultipartUpload').all('Part'));
  const earlier = completedBefore(call);
  if (earlier) return answer(call, earlier, undefined);
  const compose = () => {
    const upload = uploadOf(call);
    const draft = join(call, upload, choose(named, core.uploads.parts(upload.id)));
    core.uploads.remove(upload.id);
    return draft;
  };
  const allow = writeCondition(headers);
  const event = 's3:ObjectCreated:CompleteMultipartUpload';
  const { object, versionId } = await addObject(core, { bucket, key, event, by, allow, compose });
  answer(call, object, versionId);
}

/** A client that lost the answer asks again. */
function completedBefore({ core, bucket, key, query }: Call): ObjectVersion | undefined {
  const id = query.get('uploadId') ?? '';
  const newest = core.objects.newest(bucket, key);
  return id !== '' && newest?.meta.upload === id && !core.uploads.find(id) ? newest : undefined;
}

function namedParts(elements: Element[]): Named[] {
  if (elements.length === 0) throw failure('MalformedXML');
  const parts = elements.map((element) => ({
    number: Number(element.text('PartNumber')),
    etag: (element.text('ETag') ?? '').replaceAll('"', ''),
    checksums: Object.fromEntries(
      kinds.flatMap((kind) => {
        const sum = element.text(`Checksum${kind.toUpperCase()}`);
        return sum === undefined ? [] : [[kind, sum]];
      }),
    ),
  }));
  if (parts.some(({ number }, index) => index > 0 && number <= (parts[index - 1]?.number ?? 0))) {
    throw failure('InvalidPartOrder');
  }
  return parts;
}

/** The parts that the client named, each as it arrived. */
function choose(named: Named[], arrived: Part[]): Part[] {
  const byNumber = new Map(arrived.map((part) => [part.number, part]));
  return named.map(({ number, etag, checksums }, index) => {
    const part = byNumber.get(number);
    if (!part || part.etag !== etag) throw failure('InvalidPart');
    for (const [name, value] of Object.entries(checksums)) {
      if (part.checksums[name] !== undefined && part.checksums[name] !== value) throw failure('InvalidPart');
    }
    if (part.size < smallestPart && index < named.length - 1) throw failure('EntityTooSmall');
    return part;
  });
}

function join({ headers }: Call, upload: Upload, parts: Part[]): Draft {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const told = headers['x-amz-mp-object-size'];
  if (told !== undefined && Number(told) !== size) {
    throw failure('InvalidRequest', 'The provided x-amz-mp-object-size header does not match the size of the parts.');
  }
  const digests = Buffer.concat(parts.map((part) => Buffer.from(part.etag, 'hex')));
  const etag = `${createHash('md5').update(digests).digest('hex')}-${parts.length}`;
  const checksums = checksumOfWhole(upload.meta, parts);
  for (const [name, value] of Object.entries(checksums)) {
    const sent = headers[`x-amz-checksum-${name}`];
    if (sent !== undefined && sent !== value && `${sent}-${parts.length}` !== value) throw failure('BadDigest');
  }
  return { size, etag, meta: metaOfWhole(upload, parts, checksums), blobs: parts.flatMap((part) => part.blobs) };
}

function metaOfWhole({ id, meta }: Upload, parts: Part[], checksums: Record<string, string>): ObjectMeta {
  const { algorithm: _, ...kept } = meta;
  return {
    ...kept,
    upload: id,
    parts: parts.map(({ number, size, checksums }) => ({ number, size, checksums })),
    ...(Object.keys(checksums).length > 0 ? { checksums } : {}),
  };
}

function answer(call: Call, object: ObjectVersion, versionId: string | undefined): void {
  const { bucket, key, headers, response } = call;
  if (versionId) response.setHeader('x-amz-version-id', versionId);
  const checksums = object.meta.checksums ?? {};
  sendXml(call, 'CompleteMultipartUploadResult', {
    Location: `http://${headers.host ?? ''}/${bucket}/${urlEncoded(key)}`,
    Bucket: bucket,
    Key: key,
    ETag: quoted(object.etag),
    ...checksumElements(checksums),
    ...(Object.keys(checksums).length > 0 ? { ChecksumType: object.meta.checksumType } : {}),
  });
}
