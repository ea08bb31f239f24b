import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { ran } from './run.ts';

/** The versions that are in use; each has an environment of its own. */
export const pythonVersions = ['1.3.3', '2.1.0b2', '2.2.0'];

/** What a scenario in `test/clients/python` is about, and what has to be seen in it. */
export interface Scenario {
  title: string;
  /** The file, without its ending. */
  script: 'oscar_client' | 'oscar_platform' | 'oscar_users' | 'oscar_shares';
  scenario: string;
  sees: unknown;
  /** Version 1 has no methods for it. */
  newer?: boolean;
}

export interface Seen {
  seen: unknown;
  /** The public methods of the client, its storage and the anonymous one that were called, and all that there are. */
  driven: string[];
  public: string[];
}

/** What oscar-python saw when it did all that a scenario is about; `env` holds options of clients as JSON. */
export async function pythonSees(
  python: string,
  { script, scenario }: Scenario,
  { folder, env }: { folder: string; env: Record<string, string> },
): Promise<Seen> {
  const own = mkdtempSync(join(folder, `${scenario}-`));
  const file = join(import.meta.dirname, 'python', `${script}.py`);
  const all = { HOME: own, PYTHONDONTWRITEBYTECODE: '1', ...env };
  const printed = await ran(python, [file, scenario, own], { env: all });
  // The client itself prints too: what was seen is the last line.
  return JSON.parse(printed.trimEnd().split('\n').at(-1) ?? '') as Seen;
}

/** Where each of its classes calls a service or the store: an inventory without them has missed a class. */
export const calling = ['run_service', 'AnonymousClient.run_service', 'Storage.download_file'];

/** What everybody does who has a service `upper`, the administrator as well as a user. */
export const daily: Scenario[] = [
  {
    title: 'reads what the cluster is, and is refused with wrong credentials',
    script: 'oscar_client',
    scenario: 'info',
    sees: {
      version: 'v4.1.2',
      provider: ['access_key', 'endpoint', 'region', 'secret_key', 'verify'],
      listed: ['upper'],
      'wrong credentials': 401,
      missing: 404,
    },
  },
  {
    title: 'creates a service from a dict, uploads a file, waits for its job and downloads the output',
    script: 'oscar_client',
    scenario: 'jobs',
    sees: {
      created: 201,
      again: 'ValueError',
      status: 'Succeeded',
      logged: true,
      // OSCAR marks the folder of each input and output.
      listed: ['out/', 'out/loud.txt'],
      output: 'HELLO THERE',
      removed: 204,
      left: { jobs: {} },
      'service removed': 204,
      gone: 404,
    },
  },
  { title: 'uploads and downloads 20 MiB in parts', script: 'oscar_client', scenario: 'large', sees: { same: true } },
  {
    title: 'creates a service from an FDL file, and sees each update in the next call',
    script: 'oscar_client',
    scenario: 'fdl',
    sees: {
      created: 201,
      updated: 204,
      'by dict': 204,
      removed: 204,
      'token kept': true,
      answers: ['first call', 'second call', 'third'],
      unknown: 'ValueError',
    },
  },
  {
    title: 'calls a service with a text, a file, a token and as a job',
    script: 'oscar_client',
    scenario: 'run',
    sees: {
      text: 'SOME TEXT',
      file: 'FROM A FILE',
      token: 'BYTES\n',
      queued: 201,
      job: 'Succeeded',
      'wrong token': 401,
      anonymous: 'NOBODY',
    },
  },
  {
    title: 'reads how the cluster is doing',
    script: 'oscar_platform',
    scenario: 'cluster',
    sees: {
      parts: ['cluster', 'minio', 'oscar'],
      'whole figures': true,
      'whole counts': true,
      conditions: ['list'],
      groups: 'list',
    },
  },
  {
    title: 'manages buckets and what is in them',
    script: 'oscar_client',
    scenario: 'buckets',
    newer: true,
    sees: {
      created: 201,
      put: 200,
      got: 'by address',
      objects: ['a/b c.txt'],
      listed: true,
      updated: 204,
      removed: 204,
    },
  },
  { title: 'reads health', script: 'oscar_platform', scenario: 'health', newer: true, sees: 'Ok' },
  {
    title: 'reads how a service runs',
    script: 'oscar_platform',
    scenario: 'deployment',
    newer: true,
    sees: {
      service: 'upper',
      known: true,
      whole: true,
      'logs of': 'upper',
      told: 'bool',
      entries: 'list',
      missing: [404, 404],
    },
  },
  {
    title: 'manages volumes',
    script: 'oscar_platform',
    scenario: 'volumes',
    newer: true,
    sees: {
      created: 201,
      made: ['disk', '1Gi', 'api'],
      again: 409,
      listed: ['disk'],
      phase: 'str',
      deleted: 204,
      gone: 404,
    },
  },
  {
    title: 'reads what was asked of services',
    script: 'oscar_platform',
    scenario: 'metrics',
    newer: true,
    sees: {
      whole: true,
      counted: [true, true],
      'by user': [true],
      service: 'upper',
      metrics: [
        'cpu-hours',
        'gpu-hours',
        'requests-sync-per-service',
        'requests-async-per-service',
        'requests-exposed-per-service',
        'users-per-service',
      ],
    },
  },
  {
    title: 'manages the members of a service, whose copy comes and goes with them',
    script: 'oscar_platform',
    scenario: 'federation',
    newer: true,
    sees: {
      before: { topology: 'none', members: null },
      added: [1],
      copied: 'accepted',
      updated: [7],
      providers: { far: { access_key: 'a', secret_key: 'b', region: 'eu' } },
      removed: [],
      copy: 404,
    },
  },
];
