import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine } from '../../../src/engine/docker.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { usualSocket } from '../../../src/engine/places.ts';
import { createDocker, type DockerExecutor, type DockerOptions } from '../../../src/executors/docker/docker.ts';
import { createMarks } from '../../../src/executors/docker/labels.ts';
import { silent } from '../../../src/log.ts';
import type { Service } from '../../../src/model/service.ts';
import type { Outcome, Task } from '../../../src/model/task.ts';
import { openElsewhere } from '../../../src/objects/elsewhere/open.ts';
import { createFakeBuckets, type FakeBuckets } from '../../fakes/buckets.ts';

export interface Place {
  executor: DockerExecutor;
  engine: Engine;
  buckets: FakeBuckets;
  folder: string;
  id: string;
  /** Containers of the service by their role. */
  containers(role?: string, service?: string): ReturnType<Engine['list']>;
  close(): Promise<void>;
}

export const openUsual = (): Promise<Engine> => openEngine({ at: usualSocket, credentialsFor: async () => undefined });

/** A docker executor in a folder of its own, with a store in memory; the engine is that of this machine. */
export async function openDocker(more: Partial<DockerOptions> = {}): Promise<Place> {
  const folder = more.folder ?? (await mkdtemp(join(tmpdir(), 'docker-')));
  const id = more.id ?? createHash('sha256').update(folder).digest('hex').slice(0, 12);
  const engine = more.engine ?? (await openUsual());
  const buckets = createFakeBuckets();
  const executor = await createDocker({
    elsewhere: openElsewhere,
    engine,
    buckets,
    folder,
    id,
    pull: 'never',
    isWanted: () => false,
    declared: () => [],
    onChange: () => undefined,
    runTimeoutSeconds: 300,
    jobTimeoutSeconds: 0,
    log: silent,
    now: Date.now,
    ...more,
  });
  const close = async () => {
    await executor.close();
    await rm(folder, { recursive: true, force: true });
  };
  const marks = createMarks(id);
  const containers = (role?: string, service?: string) =>
    engine.list({
      ...marks.all,
      ...(role ? { 'oscar-sandbox.role': role } : {}),
      ...(service ? { 'oscar-sandbox.service': service } : {}),
    });
  return { executor, engine, buckets, folder, id, containers, close };
}

/** A name that no other test has. */
export const unique = (word: string): string => `${word}-${randomBytes(4).toString('hex')}`;

export const quiet = () => undefined;
export const never = new AbortController().signal;

/** What a task printed; throws when the answer is in a file. */
export async function said(outcome: Outcome): Promise<string> {
  const { content } = outcome.answer;
  await outcome.release();
  if (!('bytes' in content)) throw new Error('The answer is in a file.');
  return content.bytes.toString();
}

export type { Service, Task };
