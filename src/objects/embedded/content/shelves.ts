import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';

interface Shelf {
  /** Resolves when every file that is in the folder now will be there after a power cut. */
  sync(): Promise<void>;
}

/** The folders that files are spread over, made when first needed. */
export function createShelves(root: string): { get(name: string): Promise<Shelf> } {
  const shelves = new Map<string, Promise<Shelf>>();
  const make = async (name: string) => {
    const path = join(root, name);
    if (await mkdir(path, { recursive: true })) await syncFolder(root);
    return createShelf(path);
  };
  return {
    get: (name) => {
      const known = shelves.get(name);
      if (known) return known;
      const shelf = make(name);
      shelves.set(name, shelf);
      shelf.catch(() => shelves.delete(name));
      return shelf;
    },
  };
}

/** Files that are added at the same time share one fsync of their folder. */
function createShelf(path: string): Shelf {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const begin = (): Promise<void> => {
    next = undefined;
    running = syncFolder(path).finally(() => {
      running = undefined;
    });
    return running;
  };
  return {
    sync: () => {
      if (!running) return begin();
      // The one under way may have begun before our file was there: only the next one counts.
      next ??= running.then(begin, begin);
      return next;
    },
  };
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
