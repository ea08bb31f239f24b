import type { Cluster, Manifest } from '../../engine/cluster.ts';

export interface TroubleParts {
  cluster: Pick<Cluster, 'watch'>;
  namespace: string;
  /** Of the job: its pods are called after it. */
  name: string;
  onTrouble(sentence: string): void;
}

/** What goes well takes less. */
const LONG_MS = 3_000;

interface Event extends Manifest {
  involvedObject?: { name?: string };
  message?: string;
}

/** Some waiting is told nowhere but in events: a volume that cannot be mounted, a quota. Tells them once it takes long. */
export function tellTrouble({ cluster, namespace, name, onTrouble }: TroubleParts, signal: AbortSignal): void {
  const told = new Set<string>();
  const hear = (event: Event): void => {
    const { involvedObject: { name: whose = '' } = {}, message } = event;
    if ((whose !== name && !whose.startsWith(`${name}-`)) || !message || told.has(message)) return;
    told.add(message);
    onTrouble(/[.!?]$/.test(message.trim()) ? message.trim() : `${message.trim()}.`);
  };
  const watch = () => {
    const where = { apiVersion: 'v1', kind: 'Event', namespace, fields: 'type=Warning' };
    const on = { change: ({ object }: { object: Manifest }) => hear(object), synced: () => undefined };
    // Who may not read events waits without them.
    cluster.watch(where, on, signal).catch(() => undefined);
  };
  const timer = setTimeout(watch, LONG_MS);
  signal.addEventListener('abort', () => clearTimeout(timer));
}
