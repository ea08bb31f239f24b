import { describe, expect, it } from 'vitest';
import type { Status } from '../../src/api/protocol.ts';
import { asBefore, upLine } from '../../src/cli/takeover.ts';
import type { DaemonOptions } from '../../src/daemon/options.ts';

const today: DaemonOptions = {
  dataDir: '/data',
  cacheFolders: ['/cache'],
  executor: 'auto',
  noFallback: false,
  pull: 'missing',
  objects: { kind: 'embedded' },
  kind: {},
  kubernetes: {},
  host: '127.0.0.1',
  port: { number: 8080, explicit: false },
  s3Port: { number: 9000, explicit: false },
  exposedPort: { number: 8081, explicit: false },
  allowHosts: [],
  oidc: { issuers: [], groups: [], admins: [], dev: false },
  concurrency: 4,
  serviceConcurrency: 4,
  delegates: { atOnce: false, late: false },
  runTimeout: 300,
  jobTimeout: 0,
  keepInvocations: 1000,
  keepDays: 30,
  keepBytes: 1024,
  keepLogBytes: 1024,
  shellEnvironment: {},
  engineEnvironment: {},
  version: '0.2.0',
};

const running: Status = {
  api: 'http://127.0.0.1:8082',
  s3: 'http://127.0.0.1:9001',
  dashboard: 'http://127.0.0.1:8082/',
  user: 'oscar',
  password: 'p',
  accessKey: 'key',
  secretKey: 'secret',
  executor: 'docker',
  executorDetail: '',
  dataDir: '/data',
  pid: 1,
  version: '0.1.0',
  exposed: 'http://127.0.0.1:8083',
  objects: 'embedded',
  services: 0,
  jobs: { Pending: 0, Running: 0, Succeeded: 0, Failed: 0 },
};
const store = { kind: 'endpoint', url: 'http://store.test:9000', accessKey: 'key', secretKey: 'secret' } as const;

describe('a sandbox is taken over', () => {
  it('at the ports that it came to, which it may leave again unless they were asked for', () => {
    const recalled = { port: { number: 8080, explicit: false }, s3Port: { number: 9001, explicit: true } };
    expect(
      asBefore({ running, recalled: { ...recalled, exposedPort: { number: 0, explicit: true } }, today }),
    ).toMatchObject({
      port: { number: 8082, explicit: false },
      s3Port: { number: 9001, explicit: true },
      exposedPort: { number: 8083, explicit: false },
    });
  });

  it('with the store that it had elsewhere, whose port is none of ours', () => {
    const elsewhere: Status = { ...running, objects: 'endpoint', s3: store.url };
    const { objects, s3Port } = asBefore({ running: elsewhere, recalled: undefined, today });
    expect({ objects, s3Port }).toEqual({ objects: store, s3Port: today.s3Port });
  });

  it('by the version of now, without a folder where it had none', () => {
    const watching: DaemonOptions = { ...today, folder: '/elsewhere' };
    const { version, folder, executor } = asBefore({ running, recalled: undefined, today: watching });
    expect({ version, folder, executor }).toEqual({ version: '0.2.0', folder: undefined, executor: 'docker' });
  });

  it('as it was kept, ports and all, where it says nothing of itself any more', () => {
    const recalled = { folder: '/services', port: { number: 8082, explicit: true } };
    expect(asBefore({ running: undefined, recalled, today })).toEqual({ ...today, ...recalled });
  });

  it('at an address of IP version 6, as its options have it', () => {
    const status: Status = { ...running, api: 'http://[::1]:80' };
    expect(asBefore({ running: status, recalled: undefined, today })).toMatchObject({
      host: '::1',
      port: { number: 80 },
    });
  });
});

it('the line that starts a sandbox by hand says what differs from today, and no secret', () => {
  const options: DaemonOptions = {
    ...today,
    folder: '/my services',
    noFallback: true,
    objects: store,
    allowHosts: ['a.test', 'b.test'],
    port: { number: 8082, explicit: false },
  };
  expect(upLine(options, today)).toBe(
    "oscar-sandbox up --detach --data-dir /data --no-fallback --port 8082 --allow-host a.test --allow-host b.test --objects http://KEY:SECRET@store.test:9000 '/my services'",
  );
});
