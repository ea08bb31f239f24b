import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, createClient } from '../../api/client.ts';
import type { Happening, Status } from '../../api/protocol.ts';
import { cacheFolders, engineEnvironment, loadSettings } from '../../config.ts';
import type { DaemonOptions } from '../../daemon/options.ts';
import { asSandboxError, SandboxError } from '../../model/errors.ts';
import type { Context } from '../command.ts';
import { findData, removeData } from '../data.ts';
import { fileFlags, sandboxFlags } from '../flags.ts';
import { daemonOptions } from '../options.ts';

/** Whether the executor serves the service, and what it says about it. */
export type Served = { ok: true; remarks: string } | { ok: false; reason: string };

/** A sandbox of its own on one executor. */
export interface Place {
  executor: string;
  client: Client;
  status: Status;
  /** Resolves when the service that was declared is served, or is known not to be. */
  served: Promise<Served>;
  /** Ends it and takes all of it away. */
  remove(): Promise<void>;
}

export interface PlaceOptions {
  context: Context;
  executor: string;
  /** A folder that is not there yet. */
  dataDir: string;
  /** Hears what could not be taken away, a sentence each: then the folder is needed. */
  onLeft(sentence: string): void;
}

/** Starts a sandbox on this executor and no other, on free ports, with nothing in it. */
export async function openPlace(options: PlaceOptions): Promise<Place> {
  const { context, executor, dataDir, onLeft } = options;
  const served = Promise.withResolvers<Served>();
  const onHappening = ({ kind, text }: Happening) => {
    if (kind === 'service-progress' || kind === 'cluster-progress') context.out.note(`${executor}: ${text}`);
    if (kind === 'service-ready') served.resolve({ ok: true, remarks: text.split('; ').slice(1).join(' ') });
    if (kind === 'service-failed') served.resolve({ ok: false, reason: text });
  };
  const { startDaemon } = await import('../../daemon/daemon.ts');
  const asked = await optionsOf(options);
  await mkdir(dataDir, { recursive: true });
  const daemon = await startDaemon({ ...asked, onHappening }).catch(async (error: unknown) => {
    await clearPlace(options);
    throw hinted(error);
  });
  const status = daemon.status();
  return {
    executor,
    client: createClient(status),
    status,
    served: served.promise,
    remove: async () => {
      await daemon.close().catch((error: unknown) => onLeft(`${executor}: ${asSandboxError(error).message}`));
      await clearPlace(options);
    },
  };
}

/** Nobody asked for no fallback here: a comparison has none. */
function hinted(error: unknown): unknown {
  if (!(error instanceof SandboxError) || !error.hint?.includes('--no-fallback')) return error;
  return new SandboxError(error.code, error.message, { hint: 'Name others with --executors.', cause: error });
}

/** As `up` would start it here, but for what keeps it apart from the user's own sandbox. */
async function optionsOf({ context, executor, dataDir }: PlaceOptions): Promise<DaemonOptions> {
  const { settings, around } = context;
  const set = sandboxFlags.filter(({ name }) => settings.isSet(name));
  const given = {
    ...Object.fromEntries(
      set.map(({ name, kind }) => [name, kind === 'list' ? settings.list(name) : settings.text(name)]),
    ),
    ...{ executor, 'no-fallback': 'true', objects: 'auto', host: '127.0.0.1' },
    ...{ port: '0', 's3-port': '0', 'exposed-port': '0' },
    ...{ 'data-dir': dataDir, 'cache-dir': settings.text('cache-dir') },
  };
  const all = await loadSettings({ flags: fileFlags, given, inFile: fileFlags, around });
  return daemonOptions({ ...context, settings: all });
}

/** Removes what the sandbox was; tells what stays, and how to remove it later. */
export async function clearPlace({ context, dataDir, onLeft }: Omit<PlaceOptions, 'executor'>): Promise<void> {
  const { around, settings } = context;
  const means = { engineEnvironment: engineEnvironment(around), cacheFolders: cacheFolders(settings, around) };
  const left = await removeData(await findData(dataDir), means).then(
    ({ left, unreached }) => (unreached === undefined ? left : [`the engine at ${unreached} does not answer`]),
    (error: unknown) => [asSandboxError(error).message],
  );
  const later = `remove it with: oscar-sandbox clean --data-dir ${dataDir}`;
  for (const why of left) onLeft(`Something of it stays: ${why.replace(/\.$/, '')}; ${later}`);
}

/** Where the sandbox of one executor lies. */
export const placeFolder = (root: string, index: number): string => join(root, `sandbox-${index}`);
