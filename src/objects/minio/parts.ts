import { createReadStream } from 'node:fs';
import { type Connection, type Draft, unquoted } from './connection.ts';

// S3: 10 000 parts at most, so this reaches to 5 TiB.
const usualPartBytes = 512 * 2 ** 20;

/** Sends a file that is too large for one request; answers the object's etag. All of it is there, or nothing. */
export async function sendInParts(
  { client, ask }: Connection,
  what: Draft,
  { file, size, partBytes = usualPartBytes }: { file: string; size: number; partBytes?: number },
): Promise<string> {
  const { Bucket, Key } = what;
  const about = { bucket: Bucket, key: Key };
  const { UploadId } = await ask(about, () => client.createMultipartUpload(what));
  try {
    const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
    for (let start = 0; start < size; start += partBytes) {
      const end = Math.min(start + partBytes, size) - 1;
      const PartNumber = Parts.length + 1;
      const Body = createReadStream(file, { start, end });
      const part = { Bucket, Key, UploadId, PartNumber, Body, ContentLength: end - start + 1 };
      const { ETag } = await ask(about, () => client.uploadPart(part));
      Parts.push({ PartNumber, ETag });
    }
    const done = await ask(about, () =>
      client.completeMultipartUpload({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
    );
    return unquoted(done.ETag ?? '');
  } catch (error) {
    // The first failure is what the caller has to hear, not that clearing up failed as well.
    await client.abortMultipartUpload({ Bucket, Key, UploadId }).catch(() => undefined);
    throw error;
  }
}
