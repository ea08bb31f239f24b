import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Mount, type MountOptions, openMount } from '../../../src/executors/mounts/mount.ts';
import { type Log, silent } from '../../../src/log.ts';
import type { Buckets } from '../../../src/objects/buckets.ts';
import { createWorld, type World } from '../../objects/embedded/world.ts';

/** A store, a folder and a mount that keeps them in step, and both sides as a test looks at them. */
export interface Ground {
  world: World;
  buckets: Buckets;
  /** A folder that is the test's alone; the mount's folder lies in it. */
  home: string;
  folder: string;
  said: string[];
  log: Log;
  /** Opens the mount of `mounted/data`; rounds come by hand alone unless a pace is given. */
  open(options?: Partial<MountOptions>): Mount;
  write(path: string, content: string | Buffer): void;
  put(key: string, content: string | Buffer): Promise<void>;
  /** Every regular file by path, with its content. */
  files(): Record<string, string>;
  /** Every object by key, below `data/` without that. */
  objects(): Promise<Record<string, string>>;
  close(): Promise<void>;
}

export const bucket = 'mounted';
const never = 2 ** 30;

export async function createGround(): Promise<Ground> {
  const world = await createWorld();
  const home = mkdtempSync(join(tmpdir(), 'mounts-'));
  const folder = join(home, 'copies', 'folder');
  const buckets = world.embedded;
  await buckets.create(bucket, {});
  const opened: Mount[] = [];
  const said: string[] = [];
  const log = {
    ...silent,
    warn: (line: string, about: object = {}) => void said.push(`${line} ${JSON.stringify(about)}`),
  };
  const usual = { buckets, bucket, prefix: 'data', folder, writer: 'viewer', everyMs: never, now: Date.now, log };
  let read = 0;
  const contentOf = async (key: string) => {
    read += 1;
    const file = join(home, `read-${read}`);
    await buckets.fetch({ bucket, key }, file);
    return readFileSync(file, 'utf8');
  };
  return {
    world,
    buckets,
    home,
    folder,
    said,
    log,
    open: (options = {}) => {
      const mount = openMount({ ...usual, ...options });
      opened.push(mount);
      return mount;
    },
    write: (path, content) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    },
    put: async (key, content) => void (await buckets.put(bucket, `data/${key}`, { bytes: Buffer.from(content) }, {})),
    files: () => {
      const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
      return Object.fromEntries(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]));
    },
    objects: async () => {
      const { objects } = await buckets.objects(bucket, { limit: 5000 });
      const found: Record<string, string> = {};
      for (const { key } of objects) found[key.replace(/^data\//, '')] = await contentOf(key);
      return found;
    },
    close: async () => {
      // A mount that a test broke on purpose has nothing more to bring over.
      await Promise.allSettled(opened.map((mount) => mount.close()));
      await world.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
