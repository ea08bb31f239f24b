import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clientRequests } from '../fixtures/client-requests.ts';
import { type Program, startProgram } from '../program.ts';
import { programWords } from '../words.ts';
import { createUser, fdl } from './promotescene.ts';

let cluster: Program;
let user: ReturnType<typeof createUser>;
beforeAll(async () => {
  cluster = await startProgram({});
});
afterAll(() => cluster.stop());
beforeEach(() => {
  user = createUser();
  const { api, user: name, password } = cluster.status;
  user.knows({ sandbox: { endpoint: api, auth_user: name, auth_password: password, ssl_verify: false } });
});
afterEach(async () => {
  for (const { name } of await services()) await cluster.call(`/system/services/${name}`, { method: 'DELETE' });
  user.remove();
});

type Service = Record<string, unknown> & { name: string };
const read = async <T>(path: string): Promise<T> => (await (await cluster.call(path)).json()) as T;
const services = () => read<Service[]>('/system/services');
const service = (name: string) => read<Service>(`/system/services/${name}`);

/** Runs a command line on a terminal of its own, on which this is typed. */
function onTerminal(line: string, typed: string): string {
  const options = { input: typed, encoding: 'utf8', cwd: user.home } as const;
  const env = { PATH: process.env.PATH, HOME: user.home, DOCKER_HOST: 'unix:///nowhere' };
  return spawnSync('script', ['-qec', line, '/dev/null'], { ...options, env }).stdout;
}

const terminals = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false;
if (!terminals) console.warn('Skipped: script of util-linux is not to be had, so nothing is asked on a terminal.');

describe.skipIf(!terminals)('on a terminal promote asks', () => {
  const answers: [typed: string, there: string[], said: string][] = [
    ['n\n', [], 'Nothing was sent.'],
    ['\n', [], 'Nothing was sent.'],
    ['y\n', ['one'], 'one created'],
  ];
  it.each(answers)('and %j leaves %j there', async (typed, there, said) => {
    user.write('f/one.yaml', fdl({ one: '' }));
    user.write('f/script.sh', '#!/bin/sh\n:\n');
    const screen = onTerminal([...programWords, 'promote', 'f'].join(' '), typed);
    expect(screen).toContain('Send 1 service to sandbox? [y/N]');
    expect(screen).toContain(said);
    expect((await services()).map(({ name }) => name)).toEqual(there);
  });
});

describe('what is promoted to another sandbox', () => {
  it('is first shown, then there, then unchanged', async () => {
    user.write('f/one.yaml', fdl({ one: 'memory: 64Mi' }));
    user.write('f/script.sh', '#!/bin/sh\necho first\n');
    expect(await user.promote('f --dry-run')).toEqual({
      code: 0,
      stdout: '+ one  new\n',
      stderr: `sandbox at ${cluster.status.api}, OSCAR v4.1.2\nNothing was sent: that was a dry run.\n`,
    });
    expect(await services()).toEqual([]);
    expect(await user.promote('f')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('This changes a cluster, and there is no terminal to ask on.'),
    });
    expect(await services()).toEqual([]);
    expect(await user.promote('f --yes')).toMatchObject({ code: 0, stdout: '+ one  new\none created\n' });
    const made = await service('one');
    expect(made).toMatchObject({ memory: '64Mi', cluster_id: 'sandbox', script: '#!/bin/sh\necho first\n' });
    expect(await user.promote('f --yes')).toMatchObject({ code: 0, stdout: '= one  unchanged\n' });
    expect(await service('one')).toEqual(made);
  });

  it('replaces what is there, and keeps what the cluster had given it', async () => {
    user.write('f/one.yaml', fdl({ one: 'memory: 64Mi' }));
    user.write('f/script.sh', '#!/bin/sh\necho first\n');
    await user.promote('f --yes');
    const before = await service('one');
    user.write('f/one.yaml', fdl({ one: 'memory: 65Mi\nlabels: { mine: yes }' }));
    user.write('f/script.sh', '#!/bin/sh\necho second\n');
    const ended = await user.promote('f --yes');
    expect(Buffer.from(ended.stdout, 'latin1').toString()).toBe(
      [
        '~ one  changed',
        '    script, line 2:',
        '      - echo first',
        '      + echo second',
        '    memory: 64Mi → 65Mi',
        '    labels.mine: none → yes',
        'one updated\n',
      ].join('\n'),
    );
    const labels = { ...(before.labels as object), mine: 'yes' };
    expect(await service('one')).toEqual({ ...before, memory: '65Mi', script: '#!/bin/sh\necho second\n', labels });
  });

  it('is what the request of oscar-cli makes of it, but for the password that it puts into the service', async () => {
    const row = clientRequests.declaring.find(({ who, method }) => who === 'oscar-cli 1.x' && method === 'POST');
    const body = row?.body ?? '';
    await cluster.call('/system/services', { method: 'POST', body });
    const { clusters, ...asked } = await service('echo');
    expect(clusters).toMatchObject({ sandbox: { auth_password: 'p' } });
    await cluster.call('/system/services/echo', { method: 'DELETE' });
    const { image, script } = JSON.parse(body) as Record<string, string>;
    const more = 'memory: 256Mi\ncpu: "1.0"\nlog_level: INFO\nenvironment:\n  Variables:\n    MODE: fast';
    user.write('f/echo.yaml', fdl({ echo: more }, 'sandbox').replace('docker.io/library/busybox', image ?? ''));
    user.write('f/script.sh', script ?? '');
    expect((await user.promote('f --yes')).code).toBe(0);
    expect(await service('echo')).toEqual({ ...asked, token: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('works as a chain', async () => {
    cpSync(join(import.meta.dirname, '../../templates/chain'), join(user.home, 'chain'), { recursive: true });
    expect((await user.promote('chain --yes')).stdout).toMatch(/\nsum created\nsplit created\n$/);
    await cluster.put('chain-numbers/in/numbers.txt', '1\n2\n3\n4\n');
    const sums = async () => {
      const { objects = [] } = await read<{ objects?: { object_name: string }[] }>('/system/buckets/chain-sums');
      return objects.map(({ object_name }) => object_name).filter((name) => !name.endsWith('/'));
    };
    await expect.poll(sums).toHaveLength(2);
    expect(await user.promote('chain --yes')).toMatchObject({ stdout: '= sum  unchanged\n= split  unchanged\n' });
  });

  it('brings its secrets along, and never shows them', async () => {
    const write = (pin: string) =>
      user.write(
        'f/one.yaml',
        `storage_providers:\n  s3:\n    us: { access_key: ak, secret_key: "${pin}-key", region: eu }\n${fdl({
          one: `environment:\n  variables: { DB_PASSWORD: "${pin}-pass" }\n  secrets: { PIN: "${pin}-pin" }`,
        })}`,
      );
    user.write('f/script.sh', '#!/bin/sh\necho "$PIN"\n');
    const said: string[] = [];
    for (const pin of ['sesame', 'sesame', 'sesame2']) {
      write(pin);
      for (const args of ['f --dry-run', 'f --dry-run --json', 'f --yes']) {
        const { stdout, stderr, code } = await user.promote(args);
        expect(code).toBe(0);
        said.push(stdout, stderr);
      }
      const answer = await cluster.command(['run', 'one', '-i', 'x']);
      expect(answer.stdout.trim()).toBe(`${pin}-pin`);
    }
    expect(said.join('')).not.toContain('sesame');
    expect(said.at(-2)).toContain('    environment.variables.DB_PASSWORD: another value, not shown\n');
    expect(said.at(-2)).toContain('    storage_providers.s3.us.secret_key: another value, not shown\n');
  });
});
