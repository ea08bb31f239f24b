import { createReadStream, createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SandboxError } from '../../model/errors.ts';
import { splitPath } from '../../model/service.ts';
import type { Elsewhere } from '../elsewhere.ts';
import { type Connection, largestInOne } from '../minio/connection.ts';
import { asking } from '../minio/failures.ts';
import { sendInParts } from '../minio/parts.ts';
import { openClient } from '../minio/sdk.ts';

interface Account {
  /** Amazon's own address for the region, if absent. */
  url?: string;
  region: string;
  access_key: string;
  secret_key: string;
  /** Whether the server's certificate has to be good. */
  verify: boolean;
}

/** A store that speaks S3; a bucket that is not there is made by the first file for it. */
export async function openS3(
  name: string,
  { url, region, verify, access_key, secret_key }: Account,
): Promise<Elsewhere> {
  const client = await openClient({ url, region, verify, accessKey: access_key, secretKey: secret_key });
  const connection: Connection = { client, ask: asking(() => url ?? `${name} (Amazon S3, ${region})`) };
  const { ask } = connection;
  const ensure = (bucket: string) =>
    ask({ bucket }, () => client.createBucket({ Bucket: bucket })).catch((error) => {
      if (!(error instanceof SandboxError) || error.code !== 'conflict') throw error;
    });
  return {
    put: async (path, content, contentType) => {
      const { bucket, folder: key } = splitPath(path);
      const send = () =>
        sendFile(connection, { Bucket: bucket, Key: key, ContentType: contentType, Metadata: {} }, content);
      try {
        await send();
      } catch (error) {
        if (!(error instanceof SandboxError) || error.code !== 'not-found') throw error;
        await ensure(bucket);
        await send();
      }
    },
    fetch: async (path, file) => {
      const { bucket, folder: key } = splitPath(path);
      const got = await ask({ bucket, key }, () => client.getObject({ Bucket: bucket, Key: key }));
      const target = createWriteStream(file, { flags: 'wx' });
      await pipeline(got.Body as Readable, target);
      return target.bytesWritten;
    },
  };
}

type File = { file: string; size: number };

async function sendFile(connection: Connection, what: Parameters<typeof sendInParts>[1], content: File): Promise<void> {
  if (content.size > largestInOne) return void (await sendInParts(connection, what, content));
  const Body = createReadStream(content.file, { highWaterMark: 256 * 1024 });
  const about = { bucket: what.Bucket, key: what.Key };
  await connection.ask(about, () => connection.client.putObject({ ...what, Body, ContentLength: content.size }));
}
