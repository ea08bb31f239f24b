import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../engine/engine.ts';
import { SandboxError } from '../model/errors.ts';
import type { ObjectsChoice } from '../objects/store.ts';
import type { Ground } from './executors/ground.ts';
import type { DaemonOptions } from './options.ts';

/** Where services run. */
export interface Place {
  executor: 'local' | 'docker' | 'kind' | 'kubernetes';
  /** The engine, where one is needed: by the executor, or by the store of objects. */
  engine?: Engine;
  /** The cluster, where services run in one. */
  ground?: Ground;
  /** The store that goes with it. */
  objects: ObjectsChoice;
  /** Why it is not the executor that was asked for, in sentences. */
  why?: string;
}

/** A container engine, or why there is none. */
export type Found = { engine: Engine } | { why: string; hint: string };

/** How places are had. */
export interface Means {
  find(): Promise<Found>;
  /** The cluster that is made here; throws why it cannot be. */
  kind(engine: Engine): Promise<Ground>;
  /** The cluster that is there already. */
  kubernetes(): Promise<Ground>;
}

type Asked = Pick<DaemonOptions, 'executor' | 'noFallback' | 'objects'>;

/** Decides where services run; throws when it may not be elsewhere than asked for. */
export async function findPlace(asked: Asked, means: Means): Promise<Place> {
  demandStore(asked);
  const { executor, objects } = asked;
  if (executor === 'local') {
    const engine = objects.kind === 'minio' ? { engine: await demand(means.find) } : {};
    return { executor, objects: usual(objects), ...engine };
  }
  if (executor !== 'kind' && executor !== 'kubernetes') return inContainers(asked, means);
  try {
    return executor === 'kind'
      ? await onKind(means)
      : { executor, objects: usual(objects), ground: await means.kubernetes() };
  } catch (error) {
    if (asked.noFallback || !isReason(error)) throw error;
    const { message, hint } = error;
    // The engine may have gone in the middle of it.
    return inContainers(asked, means, { why: message, hint: hint ?? '' });
  }
}

async function onKind({ find, kind }: Means): Promise<Place> {
  const engine = await demand(find, 'A cluster');
  return { executor: 'kind', engine, objects: { kind: 'minio', image: '' }, ground: await kind(engine) };
}

/** What is wrong with what the user says is no reason to do something else. */
const isReason = (error: unknown): error is SandboxError =>
  error instanceof SandboxError && !['invalid', 'conflict', 'internal', 'failed'].includes(error.code);

/** In the containers of an engine, else on this machine. */
async function inContainers(asked: Asked, { find }: Means, instead?: { why: string; hint: string }): Promise<Place> {
  const objects = usual(asked.objects);
  const because = (where: string, why = instead?.why, hint = instead?.hint) =>
    why === undefined ? {} : { why: `${why.replace(/\.$/, '')}: services run ${where}.${hint ? ` ${hint}` : ''}` };
  const found = await find();
  if ('engine' in found) {
    const { engine } = found;
    return { executor: 'docker', engine, objects, ...because(`in containers of ${engine.info.product}`) };
  }
  if (asked.noFallback && asked.executor === 'docker') throw unavailable(found.why, found.hint);
  if (objects.kind === 'minio') throw unavailable(`--objects minio needs a container engine: ${found.why}`, found.hint);
  return { executor: 'local', objects, ...because('on this machine', instead?.why ?? found.why, instead?.hint ?? '') };
}

const usual = (objects: DaemonOptions['objects']): ObjectsChoice =>
  objects.kind === 'auto' ? { kind: 'embedded' } : objects;

/** The pods of a cluster have to reach the store, and be known to it. */
function demandStore({ executor, objects }: Asked): void {
  if (executor === 'kind' && objects.kind !== 'auto' && objects.kind !== 'minio') {
    throw new SandboxError(
      'invalid',
      `--executor kind keeps objects in the MinIO of its cluster, not in ${objects.kind === 'embedded' ? 'the embedded store' : 'another store'}.`,
      {
        hint: 'Leave --objects out; for a store of your own use --executor kubernetes with the kubeconfig of the cluster.',
      },
    );
  }
  if (executor !== 'kubernetes') return;
  if (objects.kind !== 'endpoint') {
    throw new SandboxError(
      'invalid',
      '--executor kubernetes needs a store that its pods can reach: they cannot reach one on this machine.',
      {
        hint: 'Name it: --objects http://KEY:SECRET@HOST:PORT, better in OSCAR_SANDBOX_OBJECTS.',
      },
    );
  }
  const { hostname } = new URL(objects.url);
  if (!/^(127\.|localhost$|\[::1\]$)/.test(hostname)) return;
  throw new SandboxError(
    'invalid',
    `The store ${objects.url} is on this machine, where the pods of a cluster cannot reach it.`,
    {
      hint: 'Name it by an address that holds in the cluster and here.',
    },
  );
}

async function demand(find: () => Promise<Found>, what = '--objects minio'): Promise<Engine> {
  const found = await find();
  if ('engine' in found) return found.engine;
  throw unavailable(`${what} needs a container engine: ${found.why}`, found.hint);
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
