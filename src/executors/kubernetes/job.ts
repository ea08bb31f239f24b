import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from '../../engine/cluster.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Task } from '../../model/task.ts';
import type { ScriptEnd } from '../crew.ts';
import type { Underway } from '../runner.ts';
import { createOnce } from './conflict.ts';
import { taskIn } from './labels.ts';
import { eventParts, job as jobOf } from './manifests/job.ts';
import { ownedBy } from './manifests/objects.ts';
import { createLogReader, type LogReader, readTermination } from './manifests/record.ts';
import { containerName, type Settings } from './manifests/settings.ts';
import { isOver } from './over.ts';
import { type PodEnd, type PodState, stateOf } from './podstate.ts';
import { demandRun, type Ended, type Prepared } from './prepared.ts';
import { createReach, type Reach } from './reach.ts';
import type { Removal } from './removal.ts';
import type { Scene } from './scene.ts';
import { tellTrouble } from './trouble.ts';
import type { Versions } from './versions.ts';

export interface JobParts {
  cluster: Cluster;
  settings: Settings;
  scene: Scene;
  versions: Versions;
  removal: Removal;
  /** Does what needs the cluster, and waits for it when it is away. */
  patiently<T>(underway: Underway, work: () => Promise<T>): Promise<T>;
  /** Aborted when the sandbox stops: then what runs goes on, for the next run of the program. */
  closing: AbortSignal;
}

/** What is there by now is told a moment later. */
const TOLD_MS = 10_000;

/** Runs a job in a pod of its own. */
export function createJobRun(parts: JobParts) {
  const { scene, versions, removal, patiently, closing } = parts;
  /** Those that this run of the program made. */
  const own = new Set<string>();

  /** A job of this task that an earlier run of the program began, or that has not ended. */
  const found = async ({ task, onLine }: Underway): Promise<string | undefined> => {
    const before = scene.jobsOfTask(task.id).find((one) => !own.has(one.metadata.name) || !isOver(scene, one));
    if (!before) return undefined;
    const { name } = before.metadata;
    if (isUsable(jobState(scene, name, task.service.definition.image))) {
      onLine('[sandbox] it went on while the sandbox was away');
      return name;
    }
    await removal.job(name);
    return undefined;
  };
  const unlessClosing = async <T>(job: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      own.delete(job);
      if (!closing.aborted) removal.jobSoon(job);
      throw error;
    }
  };

  return {
    /** Answers once the job's container has begun, or has ended. */
    begin: async (underway: Underway, prepared: Prepared): Promise<void> => {
      const { service } = underway.task;
      await patiently(underway, scene.ready);
      const make = () => versions.during(service, () => makeJob(parts, underway.task, prepared));
      const name = (await found(underway)) ?? (await patiently(underway, make));
      own.add(name);
      prepared.job = name;
      await unlessClosing(name, async () => {
        const state = await begun(parts, name, underway);
        if (state.at !== 'refused') return;
        versions.doubt(service);
        throw state.error;
      });
    },
    execute: (underway: Underway, prepared: Prepared): Promise<ScriptEnd> => {
      const { job = '' } = prepared;
      return unlessClosing(job, () => follow(parts, { underway, prepared, job })).finally(() => own.delete(job));
    },
  };
}

/** Of one that has ended, the end must be its own, and known: not that of a machine that was switched off. */
const isUsable = (state: PodState | undefined): boolean =>
  state?.at === 'ended' ? readTermination(state.end.message) !== undefined : state?.at !== 'lost';

/** Makes the job of a task, unless it is there already, and answers its name. */
async function makeJob({ cluster, settings, scene }: JobParts, task: Task, { body }: Prepared): Promise<string> {
  const wanted = jobOf(task, body, settings);
  const { name } = wanted.metadata;
  const ref = { apiVersion: wanted.apiVersion, kind: wanted.kind, name, namespace: settings.namespace };
  const made = (await createOnce(cluster, wanted)) ?? (await cluster.get(ref));
  if (!made) throw new SandboxError('unavailable', `The job ${name} went away while it was looked for.`);
  if (taskIn(made.metadata.annotations) !== task.id) {
    throw new SandboxError('failed', `The cluster has another job that is called ${name}.`);
  }
  // Its pod waits for them.
  for (const part of eventParts(task, body, settings)) await createOnce(cluster, ownedBy(made, part));
  await scene.until(() => scene.find('jobs', name), AbortSignal.timeout(TOLD_MS)).catch(() => undefined);
  return name;
}

/** What the job's pod is at; of several, the last. */
function jobState(scene: Scene, name: string, image: string): PodState | undefined {
  const pods = scene.podsOfJob(name);
  const pod = pods.at(-1);
  if (pod) return stateOf(pod, image);
  const job = scene.find('jobs', name);
  if (!job) return { at: 'lost', why: 'Its job was removed from the cluster.' };
  return isOver(scene, job) ? { at: 'lost', why: 'Its pod is not there any more.' } : undefined;
}

/** Waits until the job's container begins, and says what that waits for. */
async function begun({ cluster, scene, settings }: JobParts, name: string, underway: Underway): Promise<PodState> {
  const { task, signal } = underway;
  const over = new AbortController();
  const said = new Set<string>();
  const onTrouble = (reason: string) => {
    if (!said.has(reason)) underway.onLine(`[sandbox] waits: ${reason}`);
    said.add(reason);
  };
  tellTrouble({ cluster, namespace: settings.namespace, name, onTrouble }, over.signal);
  try {
    return await scene.until(() => {
      const state = jobState(scene, name, task.service.definition.image);
      if (state?.at !== 'waiting') return state;
      if (state.reason) onTrouble(state.reason);
      return undefined;
    }, signal);
  } finally {
    over.abort();
  }
}

interface Following {
  underway: Underway;
  prepared: Prepared;
  job: string;
}

/** Hands on what a job prints, and answers how it ended once its container has. */
async function follow({ cluster, scene, settings }: JobParts, following: Following): Promise<ScriptEnd> {
  const { underway, prepared, job } = following;
  const { task, onLine, signal } = underway;
  const reach = createReach(onLine);
  const reader = createLogReader(task.id, reach.push);
  const over = new AbortController();
  const pod = scene.podsOfJob(job).at(-1)?.metadata.name;
  const place = { name: pod ?? '', namespace: settings.namespace, container: containerName };
  const reading = pod ? cluster.logs(place, reader.push, AbortSignal.any([signal, over.signal])) : Promise.resolve();
  const read = reading.catch((error: unknown) => void (signal.aborted || onLine(`[sandbox] ${sayOf(error)}`)));
  try {
    const state = await scene.until(() => atEnd(jobState(scene, job, task.service.definition.image)), signal);
    await Promise.race([read, pause(TOLD_MS, undefined, { signal: over.signal }).catch(() => undefined)]);
    return settled(state, { reader, reach }, prepared);
  } finally {
    over.abort();
  }
}

const sayOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const atEnd = (state: PodState | undefined) => (state?.at === 'ended' || state?.at === 'lost' ? state : undefined);

/** What was heard of it. */
interface Heard {
  reader: LogReader;
  reach: Reach;
}

type Final = Extract<PodState, { at: 'ended' | 'lost' }>;

/** How a job ended, by what it left in its log and with its node. */
function settled(state: Final, { reader, reach }: Heard, prepared: Prepared): ScriptEnd {
  const end = state.at === 'ended' ? state.end : undefined;
  const told = ending(end, reader);
  if (end?.outOfMemory) {
    if (told) prepared.end(told);
    return { exitCode: told?.record.exitCode || 137, oom: true };
  }
  if (!told) throw cutShort(state);
  if (told.record.exitCode === undefined && reach.missed()) {
    throw new SandboxError('unavailable', 'The supervisor did not reach the store of objects.');
  }
  demandRun(told);
  prepared.end(told);
  return { exitCode: told.record.exitCode ?? 0, oom: false };
}

const nothing = { form: 'output' as const, content: { bytes: Buffer.alloc(0) } };

function ending(end: PodEnd | undefined, reader: LogReader): Ended | undefined {
  const codes = end && readTermination(end.message);
  const record = reader.record() ?? (codes && { ...codes, form: 'output' as const, files: [] });
  return record && { record, answer: nothing, said: codes?.said ?? '' };
}

/** The end of a job whose container was ended before the script was. */
function cutShort(state: Final): SandboxError {
  if (state.at === 'lost') return new SandboxError('failed', state.why);
  const { exitCode, message, unseen } = state.end;
  if (unseen) return new SandboxError('unavailable', 'Its node was switched off in the middle of the job.');
  const how = exitCode === 137 ? 'was killed from outside (SIGKILL)' : `ended with exit code ${exitCode}`;
  const said = message.trim() ? ` The node says: ${message.trim()}` : '';
  return new SandboxError('failed', `Its container ${how} in the middle of the job.${said}`);
}
