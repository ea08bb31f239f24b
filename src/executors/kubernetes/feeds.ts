import type { Cluster, Manifest } from '../../engine/cluster.ts';
import type { Log } from '../../log.ts';
import { roleOf, serviceOf } from './labels.ts';
import { createLogReader, type LogReader, type TaskRecord } from './manifests/record.ts';
import { containerName } from './manifests/settings.ts';
import { hasBegun } from './podstate.ts';
import type { Scene } from './scene.ts';

/** What is heard of a call from the log of the pod that took it. */
export interface Heard {
  /** The pod, once it has begun with the call. */
  pod(): Manifest | undefined;
  /** Resolves when the call began in a pod, or with the signal. */
  begun(signal: AbortSignal): Promise<Manifest | undefined>;
  /** Resolves when all was read that the call printed, or with the signal. */
  ended(signal: AbortSignal): Promise<TaskRecord | undefined>;
  close(): void;
}

export interface FeedsParts {
  cluster: Pick<Cluster, 'logs'>;
  namespace: string;
  scene: Scene;
  /** A line of a server of an exposed service. */
  onServerLine(service: string, line: string, at?: number): void;
  /** Aborted when the sandbox stops. */
  closing: AbortSignal;
  log: Log;
}

/** The logs of the pods that take calls, each read by one connection however many calls there are. */
export interface Feeds {
  hear(service: string, task: string, onLine: (line: string) => void): Heard;
}

interface Listener {
  take(pod: Manifest, line: string): void;
}

/** Reads the logs of a service's pods from its first call on, and those of servers, for as long as the pods are there. */
export function createFeeds({ cluster, namespace, scene, onServerLine, closing, log }: FeedsParts): Feeds {
  const listeners = new Map<string, Set<Listener>>();
  /** What becomes of the logs of pods, by their names. */
  const followed = new Map<string, 'open' | 'over'>();

  const follow = ({ metadata: { name } }: Manifest, onLine: (line: string, at?: number) => void): void => {
    if (followed.has(name)) return;
    followed.set(name, 'open');
    cluster
      .logs({ name, namespace, container: containerName }, onLine, closing)
      .catch((error: unknown) => log.warn('the log of a pod is not read', { pod: name, error: String(error) }))
      .finally(() => followed.set(name, 'over'));
  };
  const followCalls = (service: string): void => {
    for (const pod of scene.podsOfService(service)) {
      if (roleOf(pod.metadata.labels) !== 'service' || !hasBegun(pod)) continue;
      follow(pod, (line) => {
        for (const listener of listeners.get(service) ?? []) listener.take(pod, line);
      });
    }
  };
  const onChange = (object?: Manifest): void => {
    for (const service of listeners.keys()) followCalls(service);
    if (object?.kind !== 'Pod') return;
    const { name, labels } = object.metadata;
    if (!scene.find('pods', name)) followed.delete(name);
    else if (roleOf(labels) === 'exposed' && hasBegun(object)) {
      follow(object, (line, at) => onServerLine(serviceOf(labels) ?? '', line, at));
    }
  };
  closing.addEventListener('abort', scene.hear(onChange));

  return {
    hear: (service, task, onLine) => {
      const own = listeners.get(service) ?? new Set();
      listeners.set(service, own);
      const { listener, heard } = createHearing(task, onLine);
      own.add(listener);
      followCalls(service);
      const isHeard = () => scene.podsOfService(service).some(({ metadata }) => followed.get(metadata.name) === 'open');
      return {
        ...heard,
        // Where nothing is heard, nothing will be.
        ended: async (signal) => (isHeard() ? heard.ended(signal) : undefined),
        close: () => {
          own.delete(listener);
          if (own.size === 0 && listeners.get(service) === own) listeners.delete(service);
        },
      };
    },
  };
}

/** Finds one call among what several pods say. */
function createHearing(task: string, onLine: (line: string) => void) {
  const readers = new Map<string, LogReader>();
  const began = Promise.withResolvers<Manifest>();
  const ended = Promise.withResolvers<TaskRecord>();
  let found: Manifest | undefined;
  const listener: Listener = {
    take: (pod, line) => {
      const { name } = pod.metadata;
      const reader = readers.get(name) ?? createLogReader(task, onLine);
      readers.set(name, reader);
      reader.push(line);
      if (reader.begun() && !found) {
        found = pod;
        began.resolve(pod);
      }
      const record = reader.record();
      if (record) ended.resolve(record);
    },
  };
  const heard = {
    pod: () => found,
    begun: (signal: AbortSignal) => untilOver(began.promise, signal),
    ended: (signal: AbortSignal) => untilOver(ended.promise, signal),
  };
  return { listener, heard };
}

/** Undefined when the signal is first. */
function untilOver<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const over = () => resolve(undefined);
  if (signal.aborted) over();
  signal.addEventListener('abort', over);
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', over));
}
