import { randomBytes } from 'node:crypto';
import { SandboxError } from '../../model/errors.ts';
import type { ObjectStore, OutsideParts } from '../store.ts';
import { createOutside, type Hearing } from './outside.ts';
import { createProbe } from './probe.ts';
import { createReceiver } from './receiver.ts';
import { createScanner } from './scan.ts';
import { type Keys, minioSettings } from './settings.ts';
import { createWebhookFeed, lateMs } from './webhooks.ts';

/** Where a MinIO of our own runs. */
export interface Machine {
  /** The folder there in which MinIO may keep the events that it could not send. */
  queueFolder: string;
  /** The address on which we are to wait for its events, and by which host it reaches that. */
  doorstep(): Promise<{ bind: string; name: string }>;
  /** Sees to it that MinIO runs with these settings at that address; one that does already is left alone. Answers its URL when it is ready. */
  run(settings: Record<string, string>, at: { host: string; port: number }): Promise<string>;
}

export interface MinioParts extends OutsideParts {
  keys: Keys;
  machine: Machine;
  /** How long to wait for the first event, which shows that MinIO reaches us. */
  patienceMs?: number;
}

/** A store of objects in a MinIO of our own, which sends its events to us. It goes on when we do not. */
export function createMinio(parts: MinioParts): ObjectStore {
  const { keys, machine, store, db, log } = parts;
  let door: Promise<Door> | undefined;
  const probe = createProbe(parts.patienceMs);
  return createOutside(parts, {
    keys,
    arrive: async (wanted, hearing) => {
      const { intake } = hearing;
      door ??= openDoor(parts, probe.past(intake));
      const { url: receiver, token } = await door;
      const settings = minioSettings({ keys, receiver, token, queueFolder: machine.queueFolder });
      const url = await machine.run(settings, wanted);
      log.info('MinIO runs', { url, receiver });
      const scanner = createScanner({ db, store, ...hearing, principal: keys.accessKey, lateMs });
      const feed = createWebhookFeed({ ...parts, ...hearing, scanner });
      const open = async () => {
        await probe.check(hearing.connection(), receiver);
        await feed.open();
      };
      return { url, feed: { ...feed, open } };
    },
    // A door that did not open was told of by `arrive`.
    leave: async () => (await door?.catch(() => undefined))?.close(),
  });
}

interface Door {
  url: string;
  token: string;
  close(): Promise<void>;
}

interface Kept {
  port: number;
  token: string;
}

// The address stays the same from start to start: MinIO learns of another only by being started anew.
async function openDoor({ machine, store, log }: MinioParts, intake: Hearing['intake']): Promise<Door> {
  const { settings } = store;
  const kept = settings.get<Kept>('minio-events', { port: 0, token: randomBytes(24).toString('base64url') });
  const { bind, name } = await machine.doorstep();
  const receiver = createReceiver({ token: kept.token, intake, log });
  const port = await receiver.listen(bind, kept.port).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRNOTAVAIL') throw unreachable(bind, error);
    if (error.code !== 'EADDRINUSE') throw error;
    log.warn('the port for the events of MinIO is in use: it moves', { port: kept.port });
    return receiver.listen(bind, 0);
  });
  if (port !== kept.port) await settings.set('minio-events', { ...kept, port });
  return { url: `http://${name.includes(':') ? `[${name}]` : name}:${port}`, token: kept.token, close: receiver.close };
}

const unreachable = (address: string, cause: unknown) =>
  new SandboxError('unavailable', `MinIO could not send its events here: ${address} is no address of this machine.`, {
    hint: 'An engine without root keeps its networks to itself: use --objects embedded, or name a MinIO by its address.',
    cause,
  });
