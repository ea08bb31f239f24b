import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../engine/engine.ts';
import { SandboxError } from '../model/errors.ts';
import type { DaemonOptions } from './options.ts';

/** Where services run. */
export interface Place {
  executor: 'local' | 'docker';
  /** The engine, where one is needed: by the executor, or by the store of objects. */
  engine?: Engine;
  /** Why it is not the executor that was asked for, one sentence. */
  why?: string;
}

/** A container engine, or why there is none. */
export type Found = { engine: Engine } | { why: string; hint: string };

type Asked = Pick<DaemonOptions, 'executor' | 'noFallback' | 'objects'>;

/** Decides where services run; throws when it may not be elsewhere than asked for. */
export async function findPlace({ executor, noFallback, objects }: Asked, find: () => Promise<Found>): Promise<Place> {
  const missing =
    executor === 'kind' || executor === 'kubernetes' ? `This version does not have the executor ${executor}` : '';
  if (missing && noFallback)
    throw unavailable(`${missing}.`, 'Use --executor docker or local, or leave out --no-fallback.');
  if (executor === 'local') return { executor, ...(objects.kind === 'minio' ? { engine: await demand(find) } : {}) };

  const found = await find();
  if ('engine' in found) {
    const instead = missing && `${missing}: services run in containers of ${found.engine.info.product}.`;
    return { executor: 'docker', engine: found.engine, ...(instead ? { why: instead } : {}) };
  }
  if (noFallback && executor === 'docker') throw unavailable(found.why, found.hint);
  if (objects.kind === 'minio') throw unavailable(`--objects minio needs a container engine: ${found.why}`, found.hint);
  const reason = missing ? `${missing}, and ${lowered(found.why)}` : found.why;
  return { executor: 'local', why: `${reason.replace(/\.$/, '')}: services run on this machine.` };
}

async function demand(find: () => Promise<Found>): Promise<Engine> {
  const found = await find();
  if ('engine' in found) return found.engine;
  throw unavailable(`--objects minio needs a container engine: ${found.why}`, found.hint);
}

/** Throws when jobs still run in containers that cannot be reached from here: they would run a second time, elsewhere. */
export async function demandWhole({ executor }: Place, work: string): Promise<void> {
  if (executor !== 'local') return;
  const records = join(work, 'running');
  const names = await readdir(records).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const jobs = names.filter((name) => name.endsWith('.json')).length;
  if (jobs === 0) return;
  throw unavailable(
    `${jobs === 1 ? 'A job of this data folder runs' : `${jobs} jobs of this data folder run`} in containers, and no engine was found for them.`,
    `Start the container engine, and the sandbox with --executor docker. If the engine is gone for good, remove ${records}.`,
  );
}

const unavailable = (message: string, hint: string) => new SandboxError('unavailable', message, { hint });
const lowered = (sentence: string): string => sentence.charAt(0).toLowerCase() + sentence.slice(1);
