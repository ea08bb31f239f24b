import type { ObjectMeta } from '../../store/objects.ts';
import type { Content } from './content/blobs.ts';
import type { Core } from './core.ts';
import { type Added, type Addition, addObject } from './writes.ts';

/** Content that has arrived in full, with what was computed on its way. */
export interface Received {
  content: Content;
  md5: string;
  checksums: Record<string, string>;
}

/** Announces content inside the transaction that refers to it, and answers its pieces: an empty one has none. */
export function adopt(core: Core, { blob, bytes }: Content): Content['blob'][] {
  if (blob.size === 0) return [];
  core.blobs.add(blob, bytes);
  return [blob];
}

/** Runs the work that stores the content; when it fails, the content is removed again. */
export async function keeping<T>(core: Core, { blob, bytes }: Content, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!bytes) core.discard([blob.id]);
    throw error;
  }
}

/** Stores what has arrived as an object. */
export function storeReceived(
  core: Core,
  received: Received,
  addition: Omit<Addition, 'compose'> & { meta: ObjectMeta },
): Promise<Added> {
  const { content, md5, checksums } = received;
  const meta = Object.keys(checksums).length > 0 ? { ...addition.meta, checksums } : addition.meta;
  const compose = () => ({ size: content.blob.size, etag: md5, meta, blobs: adopt(core, content) });
  return keeping(core, content, () => addObject(core, { ...addition, compose }));
}
