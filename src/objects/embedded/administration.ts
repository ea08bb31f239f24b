import { SandboxError } from '../../model/errors.ts';
import type { BucketRow, Usage } from '../../store/buckets.ts';
import type { Bucket, Buckets, Page } from '../buckets.ts';
import type { Core } from './core.ts';
import { infoOf } from './info.ts';
import { bucketNameFault } from './rules/names.ts';
import { roll } from './rules/rolling.ts';
import { removeBucket } from './writes.ts';

type Administration = Pick<Buckets, 'list' | 'find' | 'tags' | 'create' | 'tag' | 'remove' | 'objects' | 'subscribe'>;

/** The buckets, as the daemon itself handles them. */
export function administer(core: Core): Administration {
  const { db, buckets } = core;
  return {
    list: async () => {
      const usage = buckets.usage();
      return buckets.all().map((row) => toBucket(row, usage.get(row.name) ?? { objects: 0, bytes: 0 }));
    },
    find: async (name) => {
      const row = buckets.find(name);
      return row && toBucket(row, buckets.usageOf(name));
    },
    tags: async (name) => buckets.find(name)?.tags,
    create: async (name, tags) => {
      const fault = bucketNameFault(name);
      if (fault)
        throw new SandboxError('invalid', `A bucket cannot be called ${JSON.stringify(name)}.`, { hint: fault });
      const added = await db.write(() => buckets.add({ name, createdAt: core.now(), tags, conf: {} }));
      if (!added) throw new SandboxError('conflict', `There is a bucket ${name} already.`);
    },
    tag: (name, tags) =>
      db.write(() => {
        existing(core, name);
        buckets.setTags(name, tags);
      }),
    remove: (name) => removeBucket(core, name, () => void existing(core, name)),
    objects: async (name, options) => page(core, existing(core, name).name, options),
    subscribe: (service, subscriptions) => db.write(() => core.events.subscribeService(service, subscriptions)),
  };
}

const toBucket = ({ name, createdAt, tags }: BucketRow, usage: Usage): Bucket => ({ name, createdAt, tags, ...usage });

/** The bucket, or the error that the daemon tells its user. */
export function existing(core: Core, name: string): BucketRow {
  const row = core.buckets.find(name);
  if (!row) throw new SandboxError('not-found', `No bucket is called ${name}.`);
  return row;
}

function page(core: Core, bucket: string, { prefix = '', page: after = '', limit }: PageOptions): Page {
  const rolled = roll({ prefix, delimiter: '', after: Buffer.from(after, 'base64url').toString(), limit }, (start) =>
    core.objects.current({ bucket, ...start }),
  );
  const objects = rolled.entries.flatMap((entry) => ('item' in entry ? [infoOf(entry.item)] : []));
  const last = objects.at(-1);
  return { objects, ...(rolled.truncated && last ? { next: Buffer.from(last.key).toString('base64url') } : {}) };
}

interface PageOptions {
  prefix?: string;
  page?: string;
  limit: number;
}
