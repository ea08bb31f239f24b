import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '../../api/client.ts';
import { SandboxError } from '../../model/errors.ts';
import { type Definition, splitPath } from '../../model/service.ts';
import { download, type ObjectName } from '../transfer.ts';
import { hashOf, type Item, keep } from './content.ts';
import { isOwn } from './folders.ts';
import type { Given } from './input.ts';

/** Where the input goes, to start the service. */
export type Target = ObjectName;

/** The place of the input in the first folder that the service listens to. */
export function targetIn({ name, input }: Definition, given: Given): Target {
  const first = input.find(isOwn);
  if (!first) throw new SandboxError('invalid', `${name} listens to no bucket.`, { hint: 'Leave out --job.' });
  const { bucket, folder } = splitPath(first.path);
  return { bucket, key: folder ? `${folder}/${given.name}` : given.name };
}

export interface Collection {
  client: Client;
  folder: string;
  /** The input is no output, as long as it is what was given. */
  target: Target | undefined;
  /** The file that was given. */
  given: string;
}

/** Fetches every object that is in the buckets now, but for the input. */
export async function collect({ client, folder, target, given }: Collection): Promise<Item[]> {
  const into = join(folder, 'objects');
  await mkdir(into);
  const items: Item[] = [];
  for (const { bucket_name: bucket } of await client.buckets()) {
    for await (const { object_name: key, size_bytes: size } of client.objects(bucket, '')) {
      if (key.endsWith('/') && size === 0) continue;
      const item = await keep(
        `${bucket}/${key}`,
        await download(client, { bucket, key }),
        join(into, String(items.length)),
      );
      items.push(item);
    }
  }
  if (!target) return items;
  const hash = await hashOf(given);
  return items.filter(({ name, sha256 }) => name !== `${target.bucket}/${target.key}` || sha256 !== hash);
}
