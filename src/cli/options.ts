import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { shellEnvironment } from '../config.ts';
import type { DaemonOptions } from '../daemon/options.ts';
import { SandboxError } from '../model/errors.ts';
import type { Context } from './command.ts';
import { statIfThere } from './files.ts';

/** What the flags of `up` ask of the daemon; what this version cannot do is said. */
export async function daemonOptions({ settings, around, version }: Context, folder?: string): Promise<DaemonOptions> {
  demandEmbedded(settings.text('objects'));
  demandPort('exposed-port', settings.number('exposed-port'));
  const place = executorFor(settings.text('executor'), settings.on('no-fallback'));
  const port = (name: string) => ({ number: demandPort(name, settings.number(name)), explicit: settings.isSet(name) });
  const concurrency = settings.number('concurrency') || 2 * availableParallelism();
  return {
    dataDir: settings.dataDir,
    folder: folder === undefined ? undefined : await demandFolder(resolve(folder)),
    ...place,
    host: settings.text('host') ?? '127.0.0.1',
    port: port('port'),
    s3Port: port('s3-port'),
    allowHosts: settings.list('allow-host'),
    concurrency,
    serviceConcurrency: settings.number('service-concurrency') || concurrency,
    runTimeout: settings.number('run-timeout'),
    jobTimeout: settings.number('job-timeout'),
    keepInvocations: settings.number('keep-jobs'),
    keepDays: settings.number('keep-days'),
    keepBytes: settings.number('keep-bytes'),
    keepLogBytes: settings.number('keep-log-bytes'),
    shellEnvironment: shellEnvironment(around),
    version,
  };
}

/** What the user should know before the sandbox starts, each a sentence. */
export const warningsOf = ({ host, fallback }: Pick<DaemonOptions, 'host' | 'fallback'>): string[] => [
  ...(fallback === undefined ? [] : [fallback]),
  // Others on the network may come in, and services run as this user.
  ...(/^(127\.|::1$|localhost$)/.test(host)
    ? []
    : [`Listening on ${host}: whoever holds the password runs programs as you.`]),
];

type Place = Pick<DaemonOptions, 'executor' | 'fallback'>;

/** Kind would fall back to Docker first. */
const lacking: Record<string, string> = {
  docker: 'This version does not have the executor docker',
  kind: 'This version has neither the executor kind nor docker',
  kubernetes: 'This version does not have the executor kubernetes',
};

function executorFor(name = 'auto', noFallback: boolean): Place {
  if (name === 'auto' || name === 'local') return { executor: name };
  const lack = Object.hasOwn(lacking, name) ? lacking[name] : undefined;
  if (lack === undefined) {
    throw new SandboxError('invalid', `There is no executor ${name}.`, {
      hint: 'Use --executor auto or --executor local.',
    });
  }
  if (!noFallback) return { executor: 'local', fallback: `${lack}: services run on this machine.` };
  throw new SandboxError('invalid', `${lack}.`, { hint: 'Use --executor local, or leave out --no-fallback.' });
}

function demandEmbedded(store = 'embedded'): void {
  if (store === 'embedded') return;
  throw new SandboxError('invalid', `This build keeps objects itself: it does not have --objects ${store} yet.`, {
    hint: 'Use --objects embedded.',
  });
}

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
