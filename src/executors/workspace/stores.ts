import { isLent, origin } from '../../model/federation.ts';
import { type Definition, type Service, splitPath } from '../../model/service.ts';
import type { Buckets } from '../../objects/buckets.ts';
import type { Elsewhere, OpenElsewhere } from '../../objects/elsewhere.ts';
import { contentType } from './contenttype.ts';

/** Where the files of one task come from and go to, by what its service calls the stores: `minio.default`. */
export interface Stores {
  put(store: string, path: string, content: { file: string; size: number }): Promise<void>;
  /** Copies a file into a new local one; answers its bytes. */
  fetch(store: string, path: string, file: string): Promise<number>;
}

export interface StoreParts {
  buckets: Buckets;
  elsewhere: OpenElsewhere;
  /** Of the event that the task is about: the very version of its object is read. */
  eventId?: string | undefined;
  /** Who called, where no event of the store did. */
  caller?: string | undefined;
}

/** The platform's own. */
export const ownStore = 'minio.default';

/** The stores of a service; each is opened once, when the first file is for it. */
export function storesOf({ name, definition }: Service, { buckets, elsewhere, eventId, caller }: StoreParts): Stores {
  const opened = new Map<string, Promise<Elsewhere>>();
  const other = (store: string): Promise<Elsewhere> => {
    const known = opened.get(store) ?? elsewhere(definition, store);
    opened.set(store, known);
    return known;
  };
  return {
    put: async (store, path, content) => {
      if (store !== ownStore || isBorrowed(definition))
        return (await other(store)).put(path, content, contentType(path));
      const { bucket, folder: key } = splitPath(path);
      // Its outputs never trigger the service itself.
      await buckets.put(bucket, key, content, { contentType: contentType(key), writer: name });
    },
    fetch: async (store, path, file) => {
      // What happens to an object of ours is about our own store, also where the service has another one.
      if (store !== ownStore || (isBorrowed(definition) && !eventId)) return (await other(store)).fetch(path, file);
      const { bucket, folder: key } = splitPath(path);
      const about = eventId ? { eventId } : { caller };
      return (await buckets.fetch({ bucket, key, reader: name, ...about }, file)).size;
    },
  };
}

/** Is the service a copy, whose `minio.default` is the store of the cluster that it comes from? */
const isBorrowed = ({ annotations, storage_providers: { minio } }: Definition): boolean =>
  annotations[origin.cluster] !== undefined && minio?.default !== undefined && isLent(minio.default);
