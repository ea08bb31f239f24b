import type { Bucket, Buckets, ObjectInfo, Page } from '../buckets.ts';
import { type Connection, unquoted } from './connection.ts';
import { emptyBucket } from './emptying.ts';
import { orUndefined } from './failures.ts';

type Administration = Pick<Buckets, 'list' | 'find' | 'tags' | 'create' | 'tag' | 'remove' | 'objects'>;

/** The buckets of a store outside, as the daemon handles them. */
export function administer(connection: () => Connection): Administration {
  return {
    list: async () => {
      const { client, ask } = connection();
      const { Buckets = [] } = await ask({}, () => client.listBuckets({}));
      const all = Buckets.map(({ Name = '', CreationDate }) => describe(connection(), Name, CreationDate));
      return (await Promise.all(all)).filter((bucket) => bucket !== undefined);
    },
    find: async (name) => {
      const { client, ask } = connection();
      const { Buckets = [] } = await ask({}, () => client.listBuckets({}));
      const found = Buckets.find(({ Name }) => Name === name);
      return found && describe(connection(), name, found.CreationDate);
    },
    tags: (name) => orUndefined(tagsOf(connection(), name)),
    create: async (Bucket, tags) => {
      const { client, ask } = connection();
      await ask({ bucket: Bucket }, () => client.createBucket({ Bucket }));
      if (Object.keys(tags).length > 0) await setTags(connection(), Bucket, tags);
    },
    tag: (bucket, tags) => setTags(connection(), bucket, tags),
    remove: async (Bucket) => {
      const { client, ask } = connection();
      await emptyBucket(connection(), Bucket);
      await ask({ bucket: Bucket }, () => client.deleteBucket({ Bucket }));
    },
    objects: (bucket, options) => page(connection(), bucket, options),
  };
}

/** Undefined when it was removed in the meantime. */
const describe = (connection: Connection, name: string, created: Date | undefined): Promise<Bucket | undefined> =>
  orUndefined(
    Promise.all([tagsOf(connection, name), usageOf(connection, name)]).then(([tags, usage]) => ({
      name,
      createdAt: created?.getTime() ?? 0,
      tags,
      ...usage,
    })),
  );

async function tagsOf({ client, ask }: Connection, bucket: string): Promise<Record<string, string>> {
  const { TagSet = [] } = await ask({ bucket }, () => client.getBucketTagging({ Bucket: bucket }).catch(withoutTags));
  // MinIO answers the same for a bucket that is not there.
  if (TagSet.length === 0) await ask({ bucket }, () => client.headBucket({ Bucket: bucket }));
  return Object.fromEntries(TagSet.map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** Every bucket with its tags. */
export async function tagged(connection: Connection): Promise<[name: string, tags: Record<string, string>][]> {
  const { Buckets = [] } = await connection.ask({}, () => connection.client.listBuckets({}));
  const all = await Promise.all(
    Buckets.map(async ({ Name = '' }) => [Name, await orUndefined(tagsOf(connection, Name))] as const),
  );
  return all.flatMap(([name, tags]): [string, Record<string, string>][] => (tags ? [[name, tags]] : []));
}

// A bucket without tags is an error for S3; a store that knows no tags says so in one of these ways.
function withoutTags(error: { name?: string }): { TagSet: [] } {
  if (['NoSuchTagSet', 'NoSuchTagSetError', 'NotImplemented'].includes(error.name ?? '')) return { TagSet: [] };
  throw error;
}

async function setTags({ client, ask }: Connection, Bucket: string, tags: Record<string, string>): Promise<void> {
  const TagSet = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  await ask({ bucket: Bucket }, async () => {
    if (TagSet.length > 0) return client.putBucketTagging({ Bucket, Tagging: { TagSet } });
    // MinIO takes the tags even of a bucket that is not there.
    await client.headBucket({ Bucket });
    return client.deleteBucketTagging({ Bucket });
  });
}

// S3 counts nothing: whoever asks how much is in a bucket has to look through it.
async function usageOf(connection: Connection, bucket: string): Promise<{ objects: number; bytes: number }> {
  const usage = { objects: 0, bytes: 0 };
  for await (const object of walk(connection, bucket, '')) {
    usage.objects += 1;
    usage.bytes += object.size;
  }
  return usage;
}

const most = 1000;

/** Every current object below a prefix. */
export async function* walk(connection: Connection, bucket: string, prefix: string): AsyncGenerator<ObjectInfo> {
  let next: string | undefined;
  do {
    const got = await page(connection, bucket, { prefix, limit: most, ...(next ? { page: next } : {}) });
    yield* got.objects;
    next = got.next;
  } while (next !== undefined);
}

interface PageOptions {
  prefix?: string;
  page?: string;
  limit: number;
}

async function page({ client, ask }: Connection, bucket: string, options: PageOptions): Promise<Page> {
  const answer = await ask({ bucket }, () =>
    client.listObjectsV2({
      Bucket: bucket,
      Prefix: options.prefix,
      ContinuationToken: options.page,
      MaxKeys: Math.min(options.limit, most),
    }),
  );
  const objects = (answer.Contents ?? []).map(({ Key = '', Size = 0, ETag = '', LastModified }) => ({
    key: Key,
    size: Size,
    etag: unquoted(ETag),
    // A listing does not tell it.
    contentType: '',
    modifiedAt: LastModified?.getTime() ?? 0,
  }));
  return { objects, ...(answer.NextContinuationToken ? { next: answer.NextContinuationToken } : {}) };
}
