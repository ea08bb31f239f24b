import type { Change, Cluster, Manifest } from '../../engine/cluster.ts';
import { asSandboxError, type SandboxError } from '../../model/errors.ts';
import { roleOf, serviceOf, taskIn } from './labels.ts';
import type { Settings } from './manifests/settings.ts';

const kinds = {
  pods: { apiVersion: 'v1', kind: 'Pod' },
  jobs: { apiVersion: 'batch/v1', kind: 'Job' },
  services: { apiVersion: 'serving.knative.dev/v1', kind: 'Service' },
  deployments: { apiVersion: 'apps/v1', kind: 'Deployment' },
  configs: { apiVersion: 'v1', kind: 'ConfigMap' },
} as const;

export type Watched = keyof typeof kinds;

/** What is in a cluster of ours, as it is now: one watch of each kind keeps it so. */
export interface Scene {
  /** Resolves once all that is there is known; throws what keeps it from being known. */
  ready(): Promise<void>;
  find(what: Watched, name: string): Manifest | undefined;
  all(what: Watched): Manifest[];
  jobsOfTask(id: string): Manifest[];
  podsOfJob(name: string): Manifest[];
  podsOfService(name: string): Manifest[];
  /** Waits until it finds something, looking at once and after every change; throws the signal's reason. */
  until<T>(look: () => T | undefined, signal: AbortSignal): Promise<T>;
  /** Tells what has changed, or nothing when all may have, until the answer is called. */
  hear(listener: Listener): () => void;
  close(): void;
}

type Listener = (object?: Manifest) => void;

export interface SceneParts {
  cluster: Cluster;
  settings: Pick<Settings, 'namespace' | 'marks'>;
}

/** Begins to watch. */
export function createScene({ cluster, settings }: SceneParts): Scene {
  const control = new AbortController();
  const listeners = new Set<Listener>();
  const tell: Listener = (object) => {
    for (const listener of [...listeners]) listener(object);
  };
  const start = (what: Watched) => {
    const { namespace, marks } = settings;
    // The parts of large events are such, too.
    const where = { ...kinds[what], namespace, labels: what === 'configs' ? marks.of('config') : marks.all };
    return createShelf((on) => cluster.watch(where, on, control.signal), tell);
  };
  const shelves = {
    pods: start('pods'),
    jobs: start('jobs'),
    services: start('services'),
    deployments: start('deployments'),
    configs: start('configs'),
  };
  const { pods, jobs } = shelves;
  return {
    ready: async () => void (await Promise.all(Object.values(shelves).map(({ known }) => known()))),
    find: (what, name) => shelves[what].objects.get(name),
    all: (what) => [...shelves[what].objects.values()],
    jobsOfTask: (id) => jobs.group(`task ${id}`),
    podsOfJob: (name) => pods.group(`job ${name}`),
    podsOfService: (name) => pods.group(`service ${name}`),
    until: (look, signal) => until({ look, signal, listeners }),
    hear: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => control.abort(),
  };
}

interface Until<T> {
  look(): T | undefined;
  signal: AbortSignal;
  listeners: Set<Listener>;
}

function until<T>({ look, signal, listeners }: Until<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const abort = () => reject(signal.reason);
  const again = () => {
    try {
      const found = look();
      if (found !== undefined) resolve(found);
    } catch (error) {
      reject(error);
    }
  };
  listeners.add(again);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  else again();
  return promise.finally(() => {
    listeners.delete(again);
    signal.removeEventListener('abort', abort);
  });
}

/** Of what comes by the thousand, what it was made of is not kept. */
function slim(object: Manifest): Manifest {
  const { managedFields: _by, ...metadata } = object.metadata;
  const { apiVersion, kind, status } = object;
  return ['Pod', 'Job', 'ConfigMap'].includes(kind) ? { apiVersion, kind, metadata, status } : { ...object, metadata };
}

/** Whose a pod is: a job's, or a service's own; and which task a job is. */
function groupOf({ kind, metadata: { labels, annotations } }: Manifest): string {
  if (kind === 'Job') return `task ${taskIn(annotations)}`;
  if (kind !== 'Pod') return '';
  if (roleOf(labels) !== 'job') return `service ${serviceOf(labels)}`;
  return `job ${labels?.['batch.kubernetes.io/job-name'] ?? labels?.['job-name']}`;
}

type Watching = (on: { change(change: Change): void; synced(): void }) => Promise<void>;

/** The objects of one kind; a watch that was refused is begun anew when somebody asks for what it would tell. */
function createShelf(watch: Watching, tell: Listener) {
  const objects = new Map<string, Manifest>();
  const groups = new Map<string, Map<string, Manifest>>();
  let failure: SandboxError | undefined;
  let known: PromiseWithResolvers<void> | undefined;

  const keep = (object: Manifest) => {
    objects.set(object.metadata.name, object);
    const group = groups.get(groupOf(object)) ?? new Map<string, Manifest>();
    groups.set(groupOf(object), group.set(object.metadata.name, object));
  };
  const drop = (object: Manifest) => {
    objects.delete(object.metadata.name);
    const group = groups.get(groupOf(object));
    group?.delete(object.metadata.name);
    if (group?.size === 0) groups.delete(groupOf(object));
  };
  const on = (first: () => void) => {
    // What went away before this watch began is not told by it.
    let before: Set<string> | undefined = new Set(objects.keys());
    return {
      change: ({ kind, object }: Change) => {
        before?.delete(object.metadata.name);
        if (kind === 'gone') drop(object);
        else keep(slim(object));
        tell(object);
      },
      synced: () => {
        for (const name of before ?? []) {
          const object = objects.get(name);
          if (object) drop(object);
        }
        before = undefined;
        first();
        tell();
      },
    };
  };
  const begin = (): Promise<void> => {
    const first = Promise.withResolvers<void>();
    first.promise.catch(() => undefined);
    known = first;
    failure = undefined;
    watch(on(first.resolve)).catch((error: unknown) => {
      failure = asSandboxError(error);
      first.reject(failure);
      tell();
    });
    return first.promise;
  };
  void begin();
  return {
    objects: objects as ReadonlyMap<string, Manifest>,
    group: (key: string): Manifest[] => [...(groups.get(key)?.values() ?? [])],
    known: (): Promise<void> => (failure ? begin() : (known?.promise ?? begin())),
  };
}
