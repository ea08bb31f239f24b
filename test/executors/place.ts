import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocal, type Local, type LocalOptions } from '../../src/executors/local.ts';
import { silent } from '../../src/log.ts';
import { openElsewhere } from '../../src/objects/elsewhere/open.ts';
import { createFakeBuckets, type FakeBuckets } from '../fakes/buckets.ts';

export interface Place {
  local: Local;
  buckets: FakeBuckets;
  folder: string;
  close(): Promise<void>;
}

/** All that a script needs to find its programs. */
export const shellEnvironment = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' };

/** A local executor in a folder of its own, with a store in memory. */
export async function openLocal(more: Partial<LocalOptions> = {}): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'local-'));
  const buckets = createFakeBuckets();
  const local = await createLocal({
    elsewhere: openElsewhere,
    buckets,
    folder,
    id: folder,
    shellEnvironment,
    runTimeoutSeconds: 300,
    jobTimeoutSeconds: 0,
    log: silent,
    now: Date.now,
    ...more,
  });
  const close = async () => {
    await local.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { local, buckets, folder, close };
}

/** Whether a process still runs; one that only waits to be buried does not. */
export function lives(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)]);
  const state = stdout.toString().trim();
  return state !== '' && !state.startsWith('Z');
}
