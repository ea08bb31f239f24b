import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DaemonOptions } from '../../src/daemon/options.ts';
import { forgetOptions, recallOptions, rememberOptions, withSecrets } from '../../src/daemon/remembered.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'remembered-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const options = (): DaemonOptions => ({
  dataDir,
  cacheFolders: ['/cache'],
  folder: '/services',
  executor: 'docker',
  noFallback: true,
  pull: 'never',
  objects: { kind: 'endpoint', url: 'http://store.test', accessKey: 'key', secretKey: 'secret' },
  kind: { parts: '/parts', registryPort: 5001 },
  kubernetes: { context: 'lab' },
  host: '0.0.0.0',
  port: { number: 8080, explicit: false },
  s3Port: { number: 9000, explicit: true },
  exposedPort: { number: 0, explicit: true },
  allowHosts: ['sandbox.test'],
  oidc: { issuers: ['https://login.test'], groups: ['lab'], admins: [], dev: true },
  concurrency: 3,
  serviceConcurrency: 2,
  delegates: { atOnce: true, late: false },
  runTimeout: 60,
  jobTimeout: 0,
  keepInvocations: 10,
  keepDays: 1,
  keepBytes: 0,
  keepLogBytes: 1024,
  shellEnvironment: { PATH: '/bin' },
  engineEnvironment: { DOCKER_HOST: 'unix:///x' },
  version: '0.1.0',
});
const file = () => join(dataDir, 'options.json');

it('what a daemon was started with is known while it runs, to its owner alone', async () => {
  const forget = await rememberOptions(options());
  const { dataDir: _, version, ...kept } = options();
  expect(await recallOptions(dataDir)).toEqual(kept);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  await forget();
  expect(await recallOptions(dataDir)).toBeUndefined();
});

it('what somebody else has kept since is not forgotten with it', async () => {
  const forget = await rememberOptions(options());
  await rememberOptions(options());
  await forget();
  expect(await recallOptions(dataDir)).toMatchObject({ folder: '/services' });
  await forgetOptions(dataDir);
  expect(await recallOptions(dataDir)).toBeUndefined();
});

it('what may let one in somewhere is never written, and taken from the environment of the next start', async () => {
  const secrets = { AWS_SECRET_ACCESS_KEY: 'one', DOCKER_AUTH_CONFIG: 'two', DOCKER_PASSWORD: 'three' };
  const now = { ...secrets, DOCKER_HOST: 'unix:///now', DOCKER_TLS_VERIFY: '1' };
  const then = { DOCKER_HOST: 'unix:///then', XDG_RUNTIME_DIR: '/run/1', HOME: '/me', PATH: '/bin' };
  await rememberOptions({ ...options(), engineEnvironment: { ...secrets, ...then } });
  expect(readFileSync(file(), 'utf8')).not.toMatch(/AWS|AUTH|PASSWORD|one|two|three/);
  const kept = (await recallOptions(dataDir))?.engineEnvironment ?? {};
  expect(kept).toEqual(then);
  expect(withSecrets({ ...kept, DOCKER_PASSWORD: 'of an older version' }, now)).toEqual({ ...secrets, ...then });
});

describe('of the options that another version wrote, those that this one understands are known', () => {
  const rows: [what: string, text: string, known: object | undefined][] = [
    ['an option that is no more', '{"warp": 9, "host": "::1"}', { host: '::1' }],
    ['a value of another kind', '{"runTimeout": "5m", "jobTimeout": -1, "pull": "never"}', { pull: 'never' }],
    ['a word that is new', '{"executor": "cloud", "keepDays": 2}', { keepDays: 2 }],
    ['a port of another shape', '{"port": 8080, "s3Port": {"number": 70000, "explicit": true}}', {}],
    ['a store without its keys', '{"objects": {"kind": "endpoint", "url": "http://store.test"}}', {}],
    ['a store of a kind that is new', '{"objects": {"kind": "tape"}}', {}],
    ['a list that is none', '{"allowHosts": "a", "shellEnvironment": {"PATH": 1}}', {}],
    ['a file that was cut', '{"host": "::', undefined],
    ['something else', '[1]', undefined],
  ];
  it.each(rows)('%s', async (_what, text, known) => {
    writeFileSync(file(), text);
    expect(await recallOptions(dataDir)).toEqual(known);
  });
});
