import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { SandboxError } from '../model/errors.ts';
import type { ApiServer } from './apiserver.ts';
import type { ContainerRef, Manifest } from './cluster.ts';
import { createStamps, type Stamps } from './logstamps.ts';
import { follow } from './watching.ts';

interface Following {
  api: ApiServer;
  container: ContainerRef;
  onLine(line: string, at?: number): void;
  signal: AbortSignal;
}

const againMs = 250;

/**
 * Follows what a container says from its start until it is over for good: through its restarts, through those of the
 * server and broken connections. What lies between is read again and not told again.
 */
export async function followLogs(following: Following): Promise<void> {
  const { signal, onLine } = following;
  const stamps = createStamps(onLine);
  while (!signal.aborted) {
    const state = await begun(following);
    if (state === 'gone' || signal.aborted) return;
    const result = await read(following, { stamps, over: state === 'over' });
    // One that is over has said all: what is read then, to its end, is the rest.
    if (state === 'over' && result !== 'broken') return;
    await pause(againMs, undefined, { signal }).catch(() => undefined);
  }
}

type State = 'waiting' | 'running' | 'over' | 'gone';

/** Waits until there is something to read, as the server tells of the pod. */
async function begun({ api, container, signal }: Following): Promise<Exclude<State, 'waiting'>> {
  const { name, namespace } = container;
  const enough = new AbortController();
  let state: State = 'waiting';
  const look = (now: State) => {
    state = now;
    if (now !== 'waiting') enough.abort();
  };
  const seen = { pod: false };
  await follow({
    api,
    where: { apiVersion: 'v1', kind: 'Pod', namespace, fields: `metadata.name=${name}` },
    path: podsOf(namespace),
    query: { fieldSelector: `metadata.name=${name}` },
    about: { verb: 'watch', kind: 'Pod', name, namespace },
    on: {
      change: ({ kind, object }) => {
        seen.pod = true;
        if (!enough.signal.aborted) look(kind === 'gone' ? 'gone' : stateOf(object, container.container));
      },
      synced: () => void (seen.pod || look('gone')),
    },
    signal: AbortSignal.any([signal, enough.signal]),
  });
  return state === 'waiting' ? 'gone' : state;
}

const podsOf = (namespace: string): string => `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;

interface Pod {
  spec?: { restartPolicy?: string };
  status?: { phase?: string } & Partial<Record<'containerStatuses' | 'initContainerStatuses', ContainerStatus[]>>;
}

interface ContainerStatus {
  name: string;
  state?: { running?: object; terminated?: { exitCode: number } };
}

function stateOf(object: Manifest, name: string): State {
  const { spec, status } = object as Pod;
  const called = (one: ContainerStatus) => one.name === name;
  const first = status?.initContainerStatuses?.find(called);
  const { state } = first ?? status?.containerStatuses?.find(called) ?? {};
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return state?.terminated ? 'over' : 'gone';
  if (state?.running) return 'running';
  if (!state?.terminated) return 'waiting';
  // One that comes before the others is not begun again when it has done its work.
  const policy = first ? 'OnFailure' : (spec?.restartPolicy ?? 'Always');
  const stays = spec?.restartPolicy === 'Never' || (policy === 'OnFailure' && state.terminated.exitCode === 0);
  return stays || object.metadata.deletionTimestamp ? 'over' : 'waiting';
}

interface Reading {
  stamps: Stamps;
  over: boolean;
}

/** Reads what has not been told until the connection ends, as it should or not, or the server has nothing to read. */
async function read(
  { api, container, signal }: Following,
  { stamps, over }: Reading,
): Promise<'complete' | 'broken' | 'refused'> {
  const { name, namespace, container: wanted } = container;
  const query = { container: wanted, follow: 'true', timestamps: 'true', ...stamps.since() };
  const path = `${podsOf(namespace)}/${encodeURIComponent(name)}/log`;
  const about = { verb: 'read the log of', kind: 'Pod', name, namespace };
  let stream: Readable | undefined;
  try {
    stream = await api.stream({ method: 'GET', path, query, about, signal });
    return (await stamps.take(stream, { over })) ? 'complete' : 'broken';
  } catch (error) {
    const { code = undefined } = error instanceof SandboxError ? error : {};
    if (signal.aborted || code === 'unavailable') return 'broken';
    // It went away, or its node has not begun with it: what the pod is comes to be seen by looking again.
    if (code === 'not-found' || code === 'invalid') return 'refused';
    throw error;
  } finally {
    stream?.destroy();
  }
}
