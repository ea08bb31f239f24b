import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { SandboxError } from '../../src/model/errors.ts';
import type { Subscription } from '../../src/model/event.ts';
import type { Buckets, ObjectInfo } from '../../src/objects/buckets.ts';

interface Stored extends ObjectInfo {
  content: Buffer;
  writer?: string;
}
interface Kept {
  createdAt: number;
  tags: Record<string, string>;
  objects: Map<string, Stored>;
}

/** A store of objects in memory, and what a test wants to see of it. */
export interface FakeBuckets extends Buckets {
  /** `bucket/key` and content as text, in the order in which they were put. */
  contents(): Record<string, string>;
  stored(bucket: string, key: string): Stored | undefined;
  /** What an event was about: `fetch` with its id reads this, whatever the object is now. */
  pin(eventId: string, content: string): void;
  subscriptions: Map<string, Subscription[]>;
}

export function createFakeBuckets(): FakeBuckets {
  const kept = new Map<string, Kept>();
  const pinned = new Map<string, Buffer>();
  const subscriptions = new Map<string, Subscription[]>();
  const url = 'http://127.0.0.1:9000';

  const need = (bucket: string): Kept => {
    const found = kept.get(bucket);
    if (!found) throw new SandboxError('not-found', `There is no bucket called ${bucket}.`);
    return found;
  };
  const describe = (name: string, { createdAt, tags, objects }: Kept) => {
    const bytes = [...objects.values()].reduce((sum, { size }) => sum + size, 0);
    return { name, createdAt, tags, objects: objects.size, bytes };
  };
  const info = ({ key, size, etag, contentType, modifiedAt }: Stored): ObjectInfo => ({
    key,
    size,
    etag,
    contentType,
    modifiedAt,
  });

  return {
    endpoint: () => ({ url, region: 'us-east-1', accessKey: 'key', secretKey: 'secret' }),
    knowsUsers: () => true,
    usersChanged: async () => undefined,
    list: async () => [...kept].map(([name, bucket]) => describe(name, bucket)),
    find: async (name) => {
      const bucket = kept.get(name);
      return bucket && describe(name, bucket);
    },
    tags: async (name) => kept.get(name)?.tags,
    create: async (name, tags) => {
      if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) {
        throw new SandboxError('invalid', `${name} cannot be a bucket's name.`);
      }
      if (kept.has(name)) throw new SandboxError('conflict', `There is already a bucket called ${name}.`);
      kept.set(name, { createdAt: Date.now(), tags, objects: new Map() });
    },
    tag: async (name, tags) => {
      need(name).tags = tags;
    },
    remove: async (name) => {
      need(name);
      kept.delete(name);
    },
    objects: async (name, { prefix = '', page = '', limit }) => {
      const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
      const all = [...need(name).objects.values()].filter(
        ({ key }) => key.startsWith(prefix) && compare(key, page) > 0,
      );
      all.sort((a, b) => compare(a.key, b.key));
      const objects = all.slice(0, limit).map(info);
      return { objects, ...(all.length > limit ? { next: objects.at(-1)?.key ?? '' } : {}) };
    },
    put: async (bucket, key, content, { contentType = 'binary/octet-stream', writer }) => {
      const { objects } = need(bucket);
      const bytes = 'bytes' in content ? content.bytes : await readFile(content.file);
      const etag = createHash('md5').update(bytes).digest('hex');
      const stored = { key, size: bytes.length, etag, contentType, modifiedAt: Date.now(), content: bytes, writer };
      objects.set(key, stored);
      return info(stored);
    },
    delete: async (bucket, key) => void need(bucket).objects.delete(key),
    fetch: async ({ bucket, key, eventId }, file) => {
      const stored = need(bucket).objects.get(key);
      const content = (eventId && pinned.get(eventId)) || stored?.content;
      if (!stored || !content) throw new SandboxError('not-found', `There is no object ${key} in ${bucket}.`);
      await writeFile(file, content, { flag: 'wx' });
      return { ...info(stored), size: content.length };
    },
    subscribe: async (service, wanted) => void subscriptions.set(service, wanted),
    presign: ({ method, bucket, key }) => `${url}/${bucket}/${key}?method=${method}`,
    contents: () =>
      Object.fromEntries(
        [...kept].flatMap(([bucket, { objects }]) =>
          [...objects].map(([key, { content }]) => [`${bucket}/${key}`, content.toString()]),
        ),
      ),
    stored: (bucket, key) => kept.get(bucket)?.objects.get(key),
    pin: (eventId, content) => void pinned.set(eventId, Buffer.from(content)),
    subscriptions,
  };
}
