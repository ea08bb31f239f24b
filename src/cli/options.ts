import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import {
  cacheFolders,
  engineEnvironment,
  type Settings,
  type Surroundings,
  shellEnvironment,
  standardDataDir,
} from '../config.ts';
import type { DaemonOptions } from '../daemon/options.ts';
import { SandboxError } from '../model/errors.ts';
import type { Context } from './command.ts';
import { statIfThere } from './files.ts';

/** What the flags of `up` ask of the daemon. */
export async function daemonOptions({ settings, around, version }: Context, folder?: string): Promise<DaemonOptions> {
  const port = (name: string) => ({ number: demandPort(name, settings.number(name)), explicit: settings.isSet(name) });
  demandHome(settings.dataDir, around);
  const concurrency = settings.number('concurrency') || 2 * availableParallelism();
  return {
    dataDir: settings.dataDir,
    cacheFolders: cacheFolders(settings, around),
    folder: folder === undefined ? undefined : await demandFolder(resolve(folder)),
    executor: demandExecutor(settings.text('executor')),
    noFallback: settings.on('no-fallback'),
    pull: settings.text('pull') as DaemonOptions['pull'],
    objects: objectsChoice(settings.text('objects'), settings.text('minio-image')),
    kind: kindWishes(settings),
    kubernetes: kubernetesWishes(settings),
    host: settings.text('host') ?? '127.0.0.1',
    port: port('port'),
    s3Port: port('s3-port'),
    exposedPort: port('exposed-port'),
    allowHosts: settings.list('allow-host'),
    oidc: oidcWishes(settings),
    concurrency,
    serviceConcurrency: settings.number('service-concurrency') || concurrency,
    delegates: { atOnce: settings.on('resource-manager'), late: settings.on('rescheduler') },
    runTimeout: settings.number('run-timeout'),
    jobTimeout: settings.number('job-timeout'),
    keepInvocations: settings.number('keep-jobs'),
    keepDays: settings.number('keep-days'),
    keepBytes: settings.number('keep-bytes'),
    keepLogBytes: settings.number('keep-log-bytes'),
    shellEnvironment: shellEnvironment(around),
    engineEnvironment: engineEnvironment(around),
    version,
  };
}

/** A home that is not there is a mistake, and not a folder to make. */
function demandHome(dataDir: string, around: Surroundings): void {
  if (dataDir !== standardDataDir(around) || around.env.XDG_DATA_HOME || existsSync(around.home)) return;
  throw new SandboxError('invalid', `The home folder ${around.home} does not exist.`, {
    hint: 'Set HOME to a folder of yours, or name one with --data-dir.',
  });
}

const executors = ['auto', 'local', 'docker', 'kind', 'kubernetes'] as const;

function demandExecutor(name = 'auto'): DaemonOptions['executor'] {
  const executor = executors.find((one) => one === name);
  if (executor) return executor;
  throw new SandboxError('invalid', `There is no executor ${name}.`, {
    hint: `Executors are ${executors.join(', ')}.`,
  });
}

const pathOf = (settings: Settings, name: string): string | undefined => {
  const path = settings.text(name);
  return path === undefined ? undefined : resolve(path);
};

function kindWishes(settings: Settings): DaemonOptions['kind'] {
  const others = settings.list('with').filter((name) => name !== 'registry');
  if (others.length > 0) {
    throw new SandboxError('invalid', `--with knows no ${others[0]}.`, { hint: 'Write --with registry.' });
  }
  const registryPort =
    settings.list('with').length > 0 ? demandPort('registry-port', settings.number('registry-port')) : undefined;
  return {
    parts: pathOf(settings, 'parts'),
    image: settings.text('kind-image'),
    config: pathOf(settings, 'cluster-config'),
    registryPort,
  };
}

const kubernetesWishes = (settings: Settings): DaemonOptions['kubernetes'] => ({
  file: pathOf(settings, 'kubeconfig'),
  context: settings.text('context'),
  namespace: settings.text('namespace'),
  supervisor: settings.text('supervisor'),
});

const oidcWishes = (settings: Settings): DaemonOptions['oidc'] => ({
  issuers: settings.list('oidc-issuer'),
  groups: settings.list('oidc-group'),
  admins: settings.list('oidc-admin'),
  dev: settings.on('oidc-dev'),
});

function objectsChoice(store = 'auto', image = ''): DaemonOptions['objects'] {
  if (store === 'auto') return { kind: 'auto' };
  if (store === 'embedded') return { kind: 'embedded' };
  if (store === 'minio') return { kind: 'minio', image };
  const url = URL.parse(store);
  if (!url || !/^https?:$/.test(url.protocol) || !url.username || !url.password) {
    throw new SandboxError(
      'invalid',
      `--objects must be auto, embedded, minio or an address with its keys, not ${shown(store)}.`,
      {
        hint: 'Write an address as http://ACCESSKEY:SECRETKEY@HOST:PORT; better in OSCAR_SANDBOX_OBJECTS than on the command line.',
      },
    );
  }
  const [accessKey, secretKey] = [url.username, url.password].map(decodeURIComponent) as [string, string];
  return { kind: 'endpoint', url: url.origin, accessKey, secretKey };
}

/** A mistyped address may hold a secret. */
const shown = (address: string): string => address.replace(/\/\/[^@/]*@/, '//…@');

function demandPort(name: string, port: number): number {
  if (port <= 65_535) return port;
  throw new SandboxError('invalid', `--${name} must be from 0 to 65535, not ${port}.`);
}

async function demandFolder(folder: string): Promise<string> {
  const found = await statIfThere(folder);
  if (found?.isDirectory()) return folder;
  throw new SandboxError('invalid', found ? `${folder} is not a folder.` : `There is no folder ${folder}.`, {
    hint: found
      ? 'Give the folder that the file is in.'
      : 'Make one with a starter service: oscar-sandbox init word-count.',
  });
}
