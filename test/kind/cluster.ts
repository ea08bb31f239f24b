import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { connect } from '../../src/engine/connect.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { assembled } from '../../src/executors/kubernetes/cluster/assembled.ts';
import { measured } from '../../src/executors/kubernetes/cluster/measured.ts';
import type { ClusterOptions, ClusterTemplates } from '../../src/executors/kubernetes/cluster/options.ts';
import { createProvisioner, type Provisioner } from '../../src/executors/kubernetes/cluster/provisioner.ts';
import { tooSmall } from '../../src/executors/kubernetes/cluster/room.ts';
import type { Progress } from '../../src/executors/kubernetes/cluster/steps.ts';
import { partsFolder } from './parts.ts';

const templates = join(import.meta.dirname, '../../templates/cluster');

/** The documents of a text of YAML, without empty ones. */
export const parse = (text: string): unknown[] => loadAll(text).filter((one) => one !== null && one !== undefined);

/** Documents of a template of ours. */
export const template = (name: string): unknown[] => parse(textOf(name));

/** Those that were made for the tests, as text; none where there are no parts. */
export function manifestTexts(): string[] {
  const folder = join(partsFolder, 'manifests');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.yaml')) : [];
  return names.sort().map((name) => readFileSync(join(folder, name), 'utf8'));
}

/** Our own. */
export const templatesOf = (): ClusterTemplates => ({
  settings: template('settings.yaml')[0] as ClusterTemplates['settings'],
  minio: template('minio.yaml') as ClusterTemplates['minio'],
  oscar: template('oscar.yaml') as ClusterTemplates['oscar'],
});

const textOf = (name: string): string => readFileSync(join(templates, name), 'utf8');

export interface Place {
  folder: string;
  id: string;
  onProgress?(progress: Progress): void;
}

/** The engine of this machine; throws when there is none. */
export async function demandEngine(): Promise<Engine> {
  const found = await connect({ environment: environmentOf(), home: homedir() });
  if ('engine' in found) return found.engine;
  throw new Error(found.why);
}

/** What a cluster of the tests is made of; it scales to nothing within seconds. */
export async function partsOfCluster(): Promise<Awaited<ReturnType<typeof assembled>>> {
  const made = await assembled({
    engine: await demandEngine(),
    environment: environmentOf(),
    folder: partsFolder,
    platform: { os: 'linux', arch: 'amd64' },
    parts: partsFolder,
    template: textOf,
    parse,
    signal: new AbortController().signal,
  });
  const quick = { 'stable-window': '10s', 'scale-to-zero-grace-period': '10s' };
  const settings = { ...made.templates.settings, 'config-autoscaler': quick };
  return { ...made, templates: { ...made.templates, settings } };
}

/** A provisioner with the parts that were built for the tests. */
export async function provisionerFor(place: Place, more: Partial<ClusterOptions> = {}): Promise<Provisioner> {
  const engine = await demandEngine();
  const quiet = () => undefined;
  return createProvisioner({
    ...(await partsOfCluster()),
    engine,
    environment: environmentOf(),
    home: homedir(),
    id: place.id,
    folder: place.folder,
    parse,
    s3: { host: '127.0.0.1', port: 0 },
    owner: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    room: async () => tooSmall(await measured(engine.info)),
    onProgress: place.onProgress ?? quiet,
    now: Date.now,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    ...more,
  });
}

const environmentOf = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
