import { createReadStream, createWriteStream, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SandboxError } from '../../model/errors.ts';
import type { ObjectEvent } from '../../model/event.ts';
import type { Payload } from '../../model/task.ts';
import type { Blob } from '../../store/blobs.ts';
import type { Buckets, Endpoint, ObjectInfo, ObjectRef } from '../buckets.ts';
import { existing } from './administration.ts';
import { receiveFrom } from './content/receive.ts';
import type { Core } from './core.ts';
import { infoOf } from './info.ts';
import { metaOf } from './rules/meta.ts';
import { keyFault } from './rules/names.ts';
import { presign } from './signing/link.ts';
import { storeReceived } from './storing.ts';
import { type Requester, removeObject } from './writes.ts';

/** Objects in and out, as the daemon itself moves them. */
export function transfer(core: Core, endpoint: () => Endpoint): Pick<Buckets, 'put' | 'delete' | 'fetch' | 'presign'> {
  const ourselves = (writer: string | undefined): Requester => {
    const by = { principal: endpoint().accessKey, sourceIp: '127.0.0.1', userAgent: 'oscar-sandbox' };
    return writer === undefined ? by : { ...by, writer };
  };
  return {
    put: async (bucket, key, content, { contentType, writer }) => {
      existing(core, bucket);
      if (key === '' || keyFault(key)) {
        throw new SandboxError('invalid', `An object cannot be called ${JSON.stringify(key)}.`, {
          hint: 'A key has 1 to 1024 bytes, and no segment of it is . or ..',
        });
      }
      const received = await receiveFrom(core, source(content));
      const { object } = await storeReceived(core, received, {
        bucket,
        key,
        event: 's3:ObjectCreated:Put',
        by: ourselves(writer),
        meta: metaOf({ 'content-type': contentType }),
      });
      return infoOf(object);
    },
    delete: async (bucket, key, { writer }) => {
      existing(core, bucket);
      await removeObject(core, { bucket, key, by: ourselves(writer) });
    },
    fetch: async (ref, file) => {
      const { info, blobs } = ref.eventId === undefined ? current(core, ref) : ofEvent(core, ref, ref.eventId);
      const bytes = atHand(core, blobs);
      // A turn through the thread pool costs a small file more than the work itself.
      if (bytes) writeFileSync(file, bytes, { flag: 'wx' });
      else await pipeline(core.files.read(blobs), createWriteStream(file, { flags: 'wx' }));
      return info;
    },
    presign: (options) => presign(options, { ...endpoint(), ...options.keys }, core.now()),
  };
}

const source = (content: Payload): Readable =>
  'bytes' in content
    ? Readable.from([content.bytes], { objectMode: false })
    : createReadStream(content.file, { highWaterMark: 256 * 1024 });

/** The bytes of content that is one small piece. */
const atHand = (core: Core, blobs: Blob[]): Buffer | undefined => {
  const [only, ...more] = blobs;
  return only && more.length === 0 ? core.blobs.content(only.id) : undefined;
};

interface Version {
  info: ObjectInfo;
  blobs: Blob[];
}

function current(core: Core, { bucket, key }: ObjectRef): Version {
  existing(core, bucket);
  const object = core.objects.newest(bucket, key);
  if (!object || object.marker) throw new SandboxError('not-found', `There is no object ${key} in ${bucket}.`);
  return { info: infoOf(object), blobs: object.blobs };
}

/** The version that an event was about, although it may be overwritten by now. */
function ofEvent(core: Core, ref: ObjectRef, id: string): Version {
  const event = core.events.get(id);
  if (!event) throw new SandboxError('not-found', `There is no event ${id}.`);
  const blobs = core.events.blobs(id);
  if (blobs !== undefined) return { info: infoOfEvent(event), blobs: JSON.parse(blobs) as Blob[] };
  // Let go of, or never held: the object will do if it is still the same.
  const now = current(core, ref);
  if (now.info.etag === event.etag && now.info.size === event.size) return now;
  throw new SandboxError(
    'not-found',
    `The version of ${ref.bucket}/${ref.key} that the event was about is not kept any more.`,
    {
      hint: 'Upload the file again.',
    },
  );
}

const infoOfEvent = ({ key, size, etag, contentType, time }: ObjectEvent): ObjectInfo => ({
  key,
  size,
  etag,
  contentType,
  modifiedAt: time,
});
