import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { SandboxError } from '../model/errors.ts';
import { GoneError } from './answers.ts';
import type { Manifest, Watcher } from './cluster.ts';
import { jsonLines } from './lines.ts';
import { type Listing, listAll, plain } from './listing.ts';

interface Watching extends Listing {
  on: Watcher;
  signal: AbortSignal;
}

interface Message {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: Manifest & { code?: number; message?: string };
}

/** A server that has just begun may not know yet who may do what: so often it may refuse what it allowed before. */
const refusals = 12;
const [firstMs, longestMs] = [100, 2_000];
/** The server ends a watch after this; one that has gone silent without a word is given up a little later. */
const watchSeconds = 240;

/** Lists and watches until the signal; throws only what waiting will not mend, as a right that is missing. */
export async function follow(watching: Watching): Promise<void> {
  const { signal } = watching;
  const known = createKnown(watching.on);
  let version: string | undefined;
  let waitMs = firstMs;
  let [allowed, refused] = [false, 0];
  while (!signal.aborted) {
    try {
      version ??= await relist(watching, known);
      allowed = true;
      for await (const message of messages(watching, version)) {
        if (signal.aborted) return;
        [waitMs, refused] = [firstMs, 0];
        known.hear(message);
        version = message.object.metadata.resourceVersion ?? version;
      }
    } catch (error) {
      if (signal.aborted) return;
      const { code = undefined } = error instanceof SandboxError ? error : {};
      const again = code === 'unavailable' || (code === 'forbidden' && allowed && ++refused < refusals);
      if (error instanceof GoneError) version = undefined;
      else if (!again) throw error;
    }
    await pause(waitMs, undefined, { signal }).catch(() => undefined);
    waitMs = Math.min(waitMs * 2, longestMs);
  }
}

async function relist(watching: Watching, known: Known): Promise<string> {
  const { version, items } = await listAll(watching);
  known.settle(items);
  watching.on.synced();
  return version;
}

async function* messages(watching: Watching, version: string): AsyncGenerator<Message> {
  const limit = AbortSignal.timeout((watchSeconds + 30) * 1_000);
  const signal = AbortSignal.any([watching.signal, limit]);
  const query = {
    ...watching.query,
    watch: 'true',
    resourceVersion: version,
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(watchSeconds),
  };
  const about = { ...watching.about, verb: 'watch' };
  const stream = await watching.api.stream({ method: 'GET', path: watching.path, query, about, signal });
  for await (const message of received(stream)) {
    if (message.type === 'ERROR') throw failureOf(message.object);
    yield message;
  }
}

/** What comes until the connection breaks, which is no more than a reason to ask again. */
async function* received(stream: Readable): AsyncGenerator<Message> {
  const lines = jsonLines<Message>(stream);
  try {
    for (;;) {
      const next = await lines.next().catch(() => undefined);
      if (!next || next.done) return;
      yield next.value;
    }
  } finally {
    stream.destroy();
  }
}

const failureOf = ({ code, message = '' }: Message['object']): Error =>
  code === 410 ? new GoneError(message) : new SandboxError('unavailable', `The cluster ended a watch: ${message}`);

interface Known {
  hear(message: Message): void;
  settle(items: Manifest[]): void;
}

/** What has been told so far, so that after a gap only the difference is. */
function createKnown(on: Watcher): Known {
  const objects = new Map<string, Manifest>();
  const tell = (object: Manifest) => {
    const key = keyOf(object);
    const before = objects.get(key);
    if (before?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    if (before && before.metadata.uid !== object.metadata.uid) lose(before);
    const kind = objects.has(key) ? 'changed' : 'added';
    objects.set(key, object);
    on.change({ kind, object });
  };
  const lose = (object: Manifest) => {
    if (objects.delete(keyOf(object))) on.change({ kind: 'gone', object });
  };
  return {
    hear: ({ type, object }) => {
      if (type === 'DELETED') lose(plain(object));
      else if (type !== 'BOOKMARK') tell(plain(object));
    },
    settle: (items) => {
      const here = new Set(items.map(keyOf));
      for (const [key, object] of objects) if (!here.has(key)) lose(object);
      for (const object of items) tell(object);
    },
  };
}

const keyOf = ({ metadata: { namespace = '', name } }: Manifest): string => `${namespace}/${name}`;
