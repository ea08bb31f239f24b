import { randomUUID } from 'node:crypto';
import { SandboxError } from '../../model/errors.ts';
import type { ObjectEvent } from '../../model/event.ts';
import { writerOf } from '../../model/writer.ts';
import { markedWriter } from './writers.ts';

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const at = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((inner, name) => (isFields(inner) ? inner[name] : undefined), value);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const malformed = (what: string) =>
  new SandboxError('invalid', `This is no event of MinIO: ${what}.`, {
    hint: 'Only the store itself is to send its events here.',
  });

/** The records in a body that MinIO sent; throws a sentence for anything else. */
export function recordsIn(body: string): unknown[] {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw new SandboxError('invalid', 'This is no event of MinIO: the body is not JSON.', { cause });
  }
  const records = at(json, 'Records');
  if (!Array.isArray(records) || records.length === 0) throw malformed('it has no Records');
  return records;
}

// Told as creations, though the content is as it was; and a removal of what was not there.
const nothingHappened = /:(?:PutTagging|DeleteTagging|PutRetention|PutLegalHold|NoOP)$/;

/**
 * The event in a record; undefined when nothing was made or removed. A webhook has keys escaped as in a query, the
 * listen call has them plain.
 */
export function eventIn(record: unknown, keys: 'escaped' | 'plain'): ObjectEvent | undefined {
  const name = text(at(record, 'eventName'));
  if (!/^s3:Object(?:Created|Removed):/.test(name) || nothingHappened.test(name)) {
    if (name.startsWith('s3:')) return undefined;
    throw malformed('a record has no eventName');
  }
  const object = at(record, 's3', 'object');
  const bucket = text(at(record, 's3', 'bucket', 'name'));
  const key = keys === 'escaped' ? unescaped(text(at(object, 'key'))) : text(at(object, 'key'));
  const sequencer = text(at(object, 'sequencer'));
  const time = Date.parse(text(at(record, 'eventTime')));
  if (!bucket || !key) throw malformed('a record names no bucket or no key');
  if (!sequencer || Number.isNaN(time)) throw malformed('a record has no sequencer or no eventTime');
  return {
    ...described(object),
    ...requested(record),
    id: randomUUID(),
    name,
    bucket,
    key,
    sequencer,
    time,
    ...written(name, { bucket, key, object, userAgent: text(at(record, 'source', 'userAgent')) }),
  };
}

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    throw malformed(`the key ${JSON.stringify(key)} is not escaped`);
  }
}

type Described = Pick<ObjectEvent, 'size' | 'etag' | 'contentType' | 'versionId'>;

function described(object: unknown): Described {
  const [size, versionId] = [at(object, 'size'), text(at(object, 'versionId'))];
  return {
    size: typeof size === 'number' ? size : 0,
    etag: text(at(object, 'eTag')),
    contentType: text(at(object, 'contentType')),
    ...(versionId ? { versionId } : {}),
  };
}

const requested = (record: unknown): Pick<ObjectEvent, 'principal' | 'sourceIp' | 'userAgent'> => ({
  principal: text(at(record, 'requestParameters', 'principalId')) || text(at(record, 'userIdentity', 'principalId')),
  sourceIp: text(at(record, 'requestParameters', 'sourceIPAddress')) || text(at(record, 'source', 'host')),
  userAgent: text(at(record, 'source', 'userAgent')),
});

interface Writing {
  bucket: string;
  key: string;
  object: unknown;
  userAgent: string;
}

// A copy of an output onto itself is somebody's new wish.
function written(name: string, { bucket, key, object, userAgent }: Writing): { writer?: string } {
  if (name === 's3:ObjectCreated:Copy') return {};
  const metadata = at(object, 'userMetadata');
  // In a cluster a service writes by itself, and says who it is.
  const writer = (isFields(metadata) ? markedWriter(bucket, key, metadata) : undefined) ?? writerOf(userAgent);
  return writer === undefined ? {} : { writer };
}
