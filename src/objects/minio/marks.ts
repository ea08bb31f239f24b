import type { ObjectEvent } from '../../model/event.ts';
import type { Mark } from '../../store/heard.ts';
import type { ObjectInfo } from '../buckets.ts';

/** What names an event, so that it counts once, whoever tells of it: a webhook, the listen call or a listing. */
export function markOf({ bucket, key, name, sequencer, etag, time }: ObjectEvent): Mark {
  // A removal has the sequencer of what it removed.
  if (!name.startsWith('s3:ObjectCreated:')) return { bucket, key, mark: `${name} ${sequencer}`, time };
  return created(bucket, { key, etag, modifiedAt: millisecondsOf(sequencer) ?? time });
}

/** What names the event that made this object. */
export const markOfObject = (bucket: string, object: ObjectInfo): Mark => created(bucket, object);

const created = (bucket: string, { key, etag, modifiedAt }: Pick<ObjectInfo, 'key' | 'etag' | 'modifiedAt'>): Mark => ({
  bucket,
  key,
  // A listing tells the time to the millisecond at best.
  mark: `${modifiedAt} ${etag}`,
  time: modifiedAt,
});

/** MinIO's sequencer is the time of the object, in nanoseconds and hexadecimal digits. */
const millisecondsOf = (sequencer: string): number | undefined =>
  /^[0-9A-F]{15,16}$/i.test(sequencer) ? Number(BigInt(`0x${sequencer}`) / 1_000_000n) : undefined;

/** The sequencer of an object that a listing tells of. */
export const sequencerOf = (modifiedAt: number): string =>
  (BigInt(modifiedAt) * 1_000_000n).toString(16).toUpperCase().padStart(16, '0');
