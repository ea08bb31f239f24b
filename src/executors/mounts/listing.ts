import type { Buckets, ObjectInfo } from '../../objects/buckets.ts';
import { keyPrefix, placeOf } from './names.ts';
import type { Say } from './said.ts';

/** The objects of a mount by the path that each has in the folder, and the folders that markers stand for. */
export interface Listing {
  objects: Map<string, ObjectInfo>;
  markers: Set<string>;
}

const limit = 1000;

/** Lists everything below the prefix; keys that no path can have are left alone and said. */
export async function list(
  buckets: Buckets,
  { bucket, prefix, say }: { bucket: string; prefix: string; say: Say },
): Promise<Listing> {
  const listing: Listing = { objects: new Map(), markers: new Set() };
  const start = keyPrefix(prefix);
  let page: string | undefined;
  do {
    const { objects, next } = await buckets.objects(bucket, { prefix: start, limit, ...(page ? { page } : {}) });
    for (const object of objects) {
      const rest = object.key.slice(start.length);
      // The marker of the mount's own folder.
      if (rest === '') continue;
      const place = placeOf(rest, object.size);
      if ('why' in place)
        say(rest, `An object cannot be a file in the mount and stays in the bucket alone: ${place.why}.`);
      else if (place.marker) listing.markers.add(place.path);
      else listing.objects.set(place.path, object);
    }
    page = next;
  } while (page);
  return listing;
}
