import { randomUUID } from 'node:crypto';
import { SandboxError } from '../../model/errors.ts';
import type { ObjectEvent } from '../../model/event.ts';
import type { Mark, Watched } from '../../store/heard.ts';
import type { ObjectInfo } from '../buckets.ts';
import type { OutsideParts } from '../store.ts';
import { walk } from './administration.ts';
import { type Connection, unquoted } from './connection.ts';
import { orUndefined } from './failures.ts';
import type { Intake } from './intake.ts';
import { markOfObject, sequencerOf } from './marks.ts';
import { markedWriter } from './writers.ts';

export interface ScanParts extends Pick<OutsideParts, 'db' | 'store'> {
  connection(): Connection;
  intake: Intake;
  principal: string;
  /** How much later than its own time an object may appear in a listing. */
  lateMs: number;
}

/** Looks through folders for objects that nobody told of. */
export interface Scanner {
  /** Looks through all that is watched in a bucket; what is new there is taken in. */
  scan(bucket: string): Promise<void>;
  /**
   * Looks through a folder that is not watched yet. What is in it by now is no news to whoever begins to listen, and is
   * told to those alone who listen already. Answers what to watch from now on.
   */
  begin(bucket: string, prefix: string): Promise<{ watched: Watched; seen: Mark[] }>;
  /** Whatever is looked through is left where it is: the next look begins there. */
  close(): void;
}

export function createScanner(parts: ScanParts): Scanner {
  const { db, store, connection, intake, lateMs } = parts;
  const { heard } = store;
  let closed = false;
  const goOn = () => {
    if (closed) throw new SandboxError('unavailable', 'The store of objects is being closed.');
  };
  const news = (bucket: string, objects: ObjectInfo[]): ObjectInfo[] => {
    const watched = heard.watched().filter((one) => one.bucket === bucket);
    return objects.filter((object) => {
      const from = watched.filter(({ prefix }) => object.key.startsWith(prefix)).map(({ until }) => until - lateMs);
      return object.modifiedAt >= Math.min(...from) && !heard.has(markOfObject(bucket, object));
    });
  };
  const takeNews = async (bucket: string, objects: ObjectInfo[]) => {
    for (const object of news(bucket, objects)) {
      goOn();
      const event = await eventOf(parts, bucket, object);
      if (event) await intake.take([{ event, mark: markOfObject(bucket, object) }], { last: false });
    }
  };
  const lookThrough = async (bucket: string, prefix: string, each: (objects: ObjectInfo[]) => void) => {
    let newest = 0;
    for await (const objects of pages(connection(), bucket, prefix)) {
      goOn();
      for (const { modifiedAt } of objects) newest = Math.max(newest, modifiedAt);
      await takeNews(bucket, objects);
      each(objects);
    }
    return newest;
  };
  return {
    scan: async (bucket) => {
      const watched = heard.watched().filter((one) => one.bucket === bucket);
      // An object of that time was seen before: whatever came no later is there to be seen as well.
      const reached = Math.max(...watched.map(({ until }) => until));
      for (const { prefix, until } of watched) {
        const newest = Math.max(reached, await lookThrough(bucket, prefix, () => undefined));
        if (newest > until) await db.write(() => heard.advance({ bucket, prefix, until: newest }));
      }
    },
    begin: async (bucket, prefix) => {
      let seen: Mark[] = [];
      let newest = 0;
      const until = await lookThrough(bucket, prefix, (objects) => {
        for (const { modifiedAt } of objects) newest = Math.max(newest, modifiedAt);
        seen = [...seen, ...objects.map((object) => markOfObject(bucket, object))];
        // What is older no later look takes for new anyway.
        seen = seen.filter(({ time }) => time >= newest - lateMs);
      });
      return { watched: { bucket, prefix, until }, seen };
    },
    close: () => {
      closed = true;
    },
  };
}

const pageSize = 1000;

async function* pages(connection: Connection, bucket: string, prefix: string): AsyncGenerator<ObjectInfo[]> {
  let page: ObjectInfo[] = [];
  for await (const object of walk(connection, bucket, prefix)) {
    page.push(object);
    if (page.length < pageSize) continue;
    yield page;
    page = [];
  }
  yield page;
}

/** The event that made an object; undefined when the object is another by now, or gone. */
async function eventOf(
  { connection, principal }: ScanParts,
  bucket: string,
  { key, size, etag, modifiedAt }: ObjectInfo,
): Promise<ObjectEvent | undefined> {
  const { client, ask } = connection();
  const found = await orUndefined(ask({ bucket, key }, () => client.headObject({ Bucket: bucket, Key: key })));
  if (!found || unquoted(found.ETag ?? '') !== etag) return undefined;
  const writer = markedWriter(bucket, key, found.Metadata ?? {});
  return {
    id: randomUUID(),
    name: 's3:ObjectCreated:Put',
    bucket,
    key,
    ...(found.VersionId && found.VersionId !== 'null' ? { versionId: found.VersionId } : {}),
    size,
    etag,
    contentType: found.ContentType ?? '',
    sequencer: sequencerOf(modifiedAt),
    time: modifiedAt,
    // A listing does not tell who it was.
    principal,
    sourceIp: '',
    userAgent: '',
    ...(writer === undefined ? {} : { writer }),
  };
}
