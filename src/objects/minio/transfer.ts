import { createReadStream, createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SandboxError } from '../../model/errors.ts';
import type { ObjectEvent } from '../../model/event.ts';
import { type Payload, payloadSize } from '../../model/task.ts';
import type { Buckets, Endpoint, ObjectInfo, ObjectRef } from '../buckets.ts';
import { presign } from '../embedded/signing/link.ts';
import { type Connection, type Draft, largestInOne, unquoted } from './connection.ts';
import { sendInParts } from './parts.ts';
import { type Deleters, writerMark } from './writers.ts';

export interface TransferParts {
  connection(): Connection;
  endpoint(): Endpoint;
  event(id: string): ObjectEvent | undefined;
  deleters: Deleters;
  now(): number;
}

type Transfer = Pick<Buckets, 'put' | 'delete' | 'fetch' | 'presign'>;

/** Objects into a store outside and out of it, as the daemon moves them. */
export function transfer({ connection, endpoint, event, deleters, now }: TransferParts): Transfer {
  return {
    put: async (bucket, key, content, { contentType, writer }) => {
      if (key === '') throw new SandboxError('invalid', 'An object cannot be called "".');
      const size = payloadSize(content);
      const what = {
        Bucket: bucket,
        Key: key,
        ContentType: contentType ?? 'binary/octet-stream',
        Metadata: writer === undefined ? {} : writerMark(bucket, key, writer),
      };
      const etag =
        'file' in content && size > largestInOne
          ? await sendInParts(connection(), what, content)
          : await sendWhole(connection(), what, content);
      return { key, size, etag, contentType: what.ContentType, modifiedAt: now() };
    },
    delete: async (bucket, key, { writer }) => {
      const { client, ask } = connection();
      deleters.note(bucket, key, writer);
      await ask({ bucket, key }, () => client.deleteObject({ Bucket: bucket, Key: key }));
    },
    fetch: async (ref, file) => {
      const { body, info } = await read(connection(), ref, ref.eventId === undefined ? {} : versionOf(event, ref));
      await pipeline(body, createWriteStream(file, { flags: 'wx' }));
      return info;
    },
    presign: (options) => presign(options, { ...endpoint(), ...options.keys }, now()),
  };
}

async function sendWhole({ client, ask }: Connection, what: Draft, content: Payload): Promise<string> {
  const sent = await ask({ bucket: what.Bucket, key: what.Key }, () =>
    client.putObject({
      ...what,
      Body: 'bytes' in content ? content.bytes : createReadStream(content.file, { highWaterMark: 256 * 1024 }),
      ContentLength: payloadSize(content),
    }),
  );
  return unquoted(sent.ETag ?? '');
}

interface Version {
  VersionId?: string;
  IfMatch?: string;
}

/** The version that an event was about, or the current object if it is still the same. */
function versionOf(event: TransferParts['event'], { eventId = '' }: ObjectRef): Version {
  const about = event(eventId);
  if (!about) throw new SandboxError('not-found', `There is no event ${eventId}.`);
  if (about.versionId) return { VersionId: about.versionId };
  return about.etag === '' ? {} : { IfMatch: `"${about.etag}"` };
}

async function read(
  { client, ask }: Connection,
  { bucket, key }: ObjectRef,
  version: Version,
): Promise<{ body: Readable; info: ObjectInfo }> {
  const got = await ask({ bucket, key }, () => client.getObject({ Bucket: bucket, Key: key, ...version }));
  const info = {
    key,
    size: got.ContentLength ?? 0,
    etag: unquoted(got.ETag ?? ''),
    contentType: got.ContentType ?? '',
    modifiedAt: got.LastModified?.getTime() ?? 0,
  };
  return { body: got.Body as Readable, info };
}
