import { randomBytes, randomUUID } from 'node:crypto';
import type { ObjectEvent } from '../../model/event.ts';
import type { Blob } from '../../store/blobs.ts';
import type { BucketRow } from '../../store/buckets.ts';
import type { ObjectMeta, ObjectVersion } from '../../store/objects.ts';
import type { Core } from './core.ts';
import { failure } from './failure.ts';

/** Who asks for a change: it becomes part of the event. */
export interface Requester {
  principal: string;
  sourceIp: string;
  userAgent: string;
  /** The service whose run this is. */
  writer?: string;
}

export interface Place {
  bucket: string;
  key: string;
}

/** What an object will be; made inside the transaction that stores it. */
export interface Draft {
  size: number;
  etag: string;
  meta: ObjectMeta;
  blobs: Blob[];
}

export interface Addition extends Place {
  event: string;
  by: Requester;
  /** Looks at the object that is there now and throws when the change is not wanted. */
  allow?: (current: ObjectVersion | undefined) => void;
  compose: () => Draft;
}

export interface Added {
  object: ObjectVersion;
  /** The version's id, where clients are to see one. */
  versionId: string | undefined;
}

interface Removed {
  versionId: string | undefined;
  /** What was added, or removed by its version, is a delete marker. */
  marker: boolean;
}

/** The bucket, or the failure that S3 has for it. */
export function bucketOf(core: Core, name: string): BucketRow {
  const bucket = core.buckets.find(name);
  if (!bucket) throw failure('NoSuchBucket');
  return bucket;
}

/** Removes a bucket with everything in it, unless `check` throws. */
export const removeBucket = (core: Core, name: string, check: () => void): Promise<void> =>
  core.change(() => {
    check();
    core.events.subscribeBucket(name, []);
    core.buckets.remove(name);
  });

/** Stores a new version, its event and the jobs that the event makes: all of it or nothing. On disk when it resolves. */
export async function addObject(core: Core, addition: Addition): Promise<Added> {
  const { bucket, key, event: name, by } = addition;
  const done = await core.change(() => {
    const { conf } = bucketOf(core, bucket);
    const newest = core.objects.newest(bucket, key);
    addition.allow?.(newest?.marker ? undefined : newest);
    const modifiedAt = core.now();
    const seq = core.objects.nextSeq(modifiedAt);
    const version = conf.versioning === 'Enabled' ? versionId(seq) : 'null';
    const object = { ...addition.compose(), bucket, key, version, seq, modifiedAt, marker: false, latest: true };
    core.objects.add(object);
    const versioned = conf.versioning ? version : undefined;
    const event = eventOf(object, { name, by, versionId: versioned });
    const jobs = core.events.record(event, JSON.stringify(object.blobs));
    return { object, versionId: versioned, event, jobs };
  });
  core.announce(done.event, done.jobs);
  return done;
}

/** Removes an object, or puts a delete marker on it where versions are kept; with a version, exactly that one. */
export async function removeObject(core: Core, what: Place & { version?: string; by: Requester }): Promise<Removed> {
  const done = await core.change(() => {
    const { conf } = bucketOf(core, what.bucket);
    const outcome = what.version || !conf.versioning ? removeVersion(core, what) : addMarker(core, what, conf);
    return { ...outcome, jobs: outcome.event ? core.events.record(outcome.event) : [] };
  });
  if (done.event) core.announce(done.event, done.jobs);
  return done;
}

type Removal = Removed & { event?: ObjectEvent };

function removeVersion(core: Core, what: Place & { version?: string; by: Requester }): Removal {
  const { bucket, key, version, by } = what;
  const object = core.objects.version(bucket, key, version ?? 'null');
  if (!object) return { versionId: version, marker: false };
  core.objects.remove(object);
  const time = core.now();
  const gone = { ...object, seq: core.objects.nextSeq(time), modifiedAt: time, size: 0, etag: '' };
  const event = eventOf(gone, { name: 's3:ObjectRemoved:Delete', by, versionId: version });
  return { versionId: version, marker: object.marker, event };
}

function addMarker(core: Core, { bucket, key, by }: Place & { by: Requester }, conf: BucketRow['conf']): Removal {
  const modifiedAt = core.now();
  const seq = core.objects.nextSeq(modifiedAt);
  const version = conf.versioning === 'Enabled' ? versionId(seq) : 'null';
  const nothing = { size: 0, etag: '', meta: { headers: {} }, blobs: [] };
  const marker = { ...nothing, bucket, key, version, seq, modifiedAt, marker: true, latest: true };
  core.objects.add(marker);
  const event = eventOf(marker, { name: 's3:ObjectRemoved:DeleteMarkerCreated', by, versionId: version });
  return { versionId: version, marker: true, event };
}

/** MinIO's sequencer is the time in nanoseconds, 16 hexadecimal digits; ours is known to the microsecond. */
const sequencer = (seq: number): string => (BigInt(seq) * 1000n).toString(16).toUpperCase().padStart(16, '0');

/** The version's place in the order is the first half of its id: a listing can go on from one that is gone. */
function versionId(seq: number): string {
  const hex = seq.toString(16).padStart(16, '0') + randomBytes(8).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** The place in the order of versions that an id tells of; nothing for `null`. */
export function seqOf(version: string): number | undefined {
  const hex = version.replaceAll('-', '');
  return /^[0-9a-f]{32}$/.test(hex) ? Number.parseInt(hex.slice(0, 16), 16) : undefined;
}

interface Telling {
  name: string;
  by: Requester;
  versionId: string | undefined;
}

const eventOf = (object: ObjectVersion, { name, by, versionId }: Telling): ObjectEvent => ({
  id: randomUUID(),
  name,
  bucket: object.bucket,
  key: object.key,
  ...(versionId === undefined ? {} : { versionId }),
  size: object.size,
  etag: object.etag,
  contentType: object.meta.headers['content-type'] ?? '',
  sequencer: sequencer(object.seq),
  time: object.modifiedAt,
  ...by,
});
