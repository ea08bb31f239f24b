import type { Status } from '../api/protocol.ts';
import type { DaemonOptions } from '../daemon/options.ts';
import type { Port } from '../daemon/ports.ts';
import { type Remembered, understood, withSecrets } from '../daemon/remembered.ts';
import { quoted } from './commands/credentials.ts';

export interface Takeover {
  /** What it says of itself, or has said before it was killed; unknown when it has ended since. */
  running: Status | undefined;
  /** What it keeps of its options; an older one keeps none. */
  recalled: Partial<Remembered> | undefined;
  /** What would be asked for now: holds where nothing is known. */
  today: DaemonOptions;
}

/** The options of a sandbox that is to be as the running one is, or the last one was: served from the same folder, at the same ports. */
export function asBefore({ running, recalled, today }: Takeover): DaemonOptions {
  const was = { ...today, folder: undefined, ...(running && told(running)), ...recalled };
  const whole = { ...was, engineEnvironment: withSecrets(was.engineEnvironment, today.engineEnvironment) };
  if (!running) return whole;
  const at = (address: string, port: Port): Port => ({
    number: portOf(address),
    // Where it only happened to be, it may move on.
    explicit: recalled !== undefined && port.explicit && port.number !== 0,
  });
  return {
    ...whole,
    port: at(running.api, was.port),
    // The address of a store elsewhere is not one of ours.
    s3Port: was.objects.kind === 'endpoint' ? was.s3Port : at(running.s3, was.s3Port),
    exposedPort: at(running.exposed, was.exposedPort),
  };
}

/** What a status tells of the options: all that is known of a version that keeps none. */
function told({ folder, executor, api, objects, s3, accessKey, secretKey }: Status): Partial<Remembered> {
  const store = objects === 'endpoint' ? { kind: objects, url: s3, accessKey, secretKey } : { kind: objects };
  return understood({ folder, executor, host: hostOf(api), objects: store });
}

const hostOf = (address: string): string => new URL(address).hostname.replace(/^\[|\]$/g, '');

const portOf = (address: string): number => Number(new URL(address).port || 80);

/** The command that starts a sandbox with these options, for somebody to type; it tells no secret. */
export function upLine(options: DaemonOptions, today: DaemonOptions): string {
  const standard = flagsOf(today);
  const differing = Object.entries(flagsOf(options)).filter(([flag, value]) => value && value !== standard[flag]);
  const flags = differing.flatMap(([flag, value]) =>
    value === true
      ? [`--${flag}`]
      : String(value)
          .split(' ')
          .map((one) => `--${flag} ${quoted(one)}`),
  );
  const folder = options.folder === undefined ? [] : [quoted(options.folder)];
  return ['oscar-sandbox up --detach', `--data-dir ${quoted(options.dataDir)}`, ...flags, ...folder].join(' ');
}

const flagsOf = (options: DaemonOptions): Record<string, string | number | boolean> => ({
  executor: options.executor,
  'no-fallback': options.noFallback,
  pull: options.pull,
  host: options.host,
  port: options.port.number,
  's3-port': options.s3Port.number,
  'exposed-port': options.exposedPort.number,
  'allow-host': options.allowHosts.join(' '),
  'oidc-issuer': options.oidc.issuers.join(' '),
  'oidc-group': options.oidc.groups.join(' '),
  'oidc-admin': options.oidc.admins.join(' '),
  'oidc-dev': options.oidc.dev,
  concurrency: options.concurrency,
  'service-concurrency': options.serviceConcurrency,
  'resource-manager': options.delegates.atOnce,
  rescheduler: options.delegates.late,
  'run-timeout': options.runTimeout,
  'job-timeout': options.jobTimeout,
  'keep-jobs': options.keepInvocations,
  'keep-days': options.keepDays,
  'keep-bytes': options.keepBytes,
  'keep-log-bytes': options.keepLogBytes,
  objects: options.objects.kind === 'endpoint' ? keyless(options.objects.url) : options.objects.kind,
});

/** A store elsewhere, its keys to be filled in. */
const keyless = (address: string): string => address.replace('//', '//KEY:SECRET@');
