import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { programWords } from '../words.ts';
import { createUser, fdl, type StandInOptions, startStandIn } from './promotescene.ts';

let user: ReturnType<typeof createUser>;
const open: { close(): Promise<unknown> }[] = [];
beforeEach(() => {
  user = createUser();
  user.write('f/script.sh', ':\n');
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  user.remove();
});

/** The machine by a name that does not say that it is this one. */
const far = (endpoint: string) => endpoint.replace('127.0.0.1', '[::ffff:127.0.0.1]');

async function standIn(options: StandInOptions = {}, address = (endpoint: string) => endpoint) {
  const server = await startStandIn(options);
  open.push(server);
  user.knows({ c: { endpoint: address(server.endpoint), auth_user: 'ada', auth_password: 'p', ssl_verify: true } });
  return server;
}

describe('what is printed', () => {
  const names = ['JWT', 'GH_PAT', 'API_AUTH', 'BEARER', 'CONN', 'MODE'];
  const variables = (value: string) => Object.fromEntries(names.map((name) => [name, value]));
  const values: [old: string, fresh: string][] = [
    ['sesame-old', 'sesame-new'],
    ['postgres://u:pa/sesame@old', 'postgres://u:pa/sesame@new'],
    ['amqp://u:p@sesame@old', 'amqp://u:p@sesame@new'],
  ];
  it.each(values)('of variables tells that they differ, not what they are: %s', async (old, fresh) => {
    await standIn({ services: [{ name: 'one', environment: { variables: variables(old) } }] });
    user.write('f/one.yaml', fdl({ one: `environment:\n  variables: ${JSON.stringify(variables(fresh))}` }));
    for (const args of ['f --dry-run', 'f --dry-run --json', 'f --yes', 'f --yes --json']) {
      const { code, stdout, stderr } = await user.promote(args);
      expect(code).toBe(0);
      expect(stdout + stderr).not.toMatch(/sesame|old|new/);
      for (const name of names) expect(stdout).toContain(`environment.variables.${name}`);
    }
    expect((await user.promote('f --dry-run')).stdout).toContain(
      '    environment.variables.JWT: another value, not shown\n',
    );
  });

  it('has nothing in it that a terminal obeys, whoever wrote it', async () => {
    const evil = '\u001b[31m\u009b2J\u202e\n= fake  unchanged';
    const environment = { variables: { [`X${evil}`]: 'x' } };
    await standIn({
      version: `v3.3.0${evil}`,
      services: [{ name: 'one', labels: { [`l${evil}`]: evil }, Environment: {}, environment }],
    });
    user.write('f/one.yaml', fdl({ one: 'visibility: public' }));
    for (const args of ['f --dry-run', 'f --dry-run --json']) {
      const { stdout, stderr } = await user.promote(args);
      const all = Buffer.from(stdout, 'latin1').toString() + stderr;
      expect(all).toContain('�');
      expect(all.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      expect(all).not.toMatch(/^= fake/m);
    }
  });

  it('of a cluster whose name would be obeyed is a refusal', async () => {
    user.write('f/one.yaml', fdl({ one: '' }));
    user.write('.oscar-cli/config.yaml', 'oscar:\n  "a\\e[31m": { endpoint: "http://127.0.0.1:1" }\n');
    const { code, stderr } = await user.promote('f');
    expect(stderr).toContain('has a cluster whose name cannot be shown as it is: a�[31m\n');
    expect(code).toBe(2);
  });

  it('of a mistake in a file is not obeyed either', async () => {
    await standIn();
    user.write('f/one.yaml', fdl({ one: 'cpu: "\u009b2J"' }));
    const { code, stderr } = await user.promote('f');
    expect(stderr).toContain('“�2J” is not an amount of cpu');
    expect(stderr).not.toContain('\u009b');
    expect(code).toBe(2);
  });
});

it('a dry run asks, and asks nothing but what the cluster has', async () => {
  const server = await standIn({ services: [{ name: 'one' }, { name: 'x', output: [{ path: 'mid/in' }] }] });
  const output = 'output:\n  - storage_provider: minio\n    path: mid/in';
  user.write('f/one.yaml', fdl({ one: 'memory: 1Gi', two: output }));
  for (const args of ['f --dry-run', 'f --dry-run --yes', 'f --dry-run --json']) {
    server.asked.length = 0;
    expect((await user.promote(args)).code).toBe(0);
    expect(server.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /system/info',
      'GET /system/services',
    ]);
  }
});

const terminals = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false;
if (!terminals) console.warn('Skipped: script of util-linux is not to be had, so nothing is asked on a terminal.');

/** Runs promote on a terminal of its own, on which this is typed. */
async function onTerminal(args: string, typed: string): Promise<{ screen: string; code: number | null }> {
  const env = { PATH: process.env.PATH, HOME: user.home, DOCKER_HOST: 'unix:///nowhere' };
  const line = [...programWords, 'promote', args].join(' ');
  const child = spawn('script', ['-qec', line, '/dev/null'], { cwd: user.home, env });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  child.stdin.end(typed);
  const screen = await text(child.stdout);
  return { screen, code: await ended };
}

describe('credentials that would go to another machine in the clear', () => {
  const warning = 'is not encrypted: whoever is on the way reads the credentials.';
  beforeEach(() => user.write('f/one.yaml', fdl({ one: '' })));

  it.each(['f', 'f --dry-run', 'f --json'])('do not without a word where nobody can be asked: %s', async (args) => {
    const server = await standIn({}, far);
    const { code, stderr } = await user.promote(args);
    expect(stderr).toContain('This sends credentials in the clear, and there is no terminal to ask on.');
    expect(code).toBe(2);
    expect(server.asked).toEqual([]);
  });

  it('go with --yes, and a warning', async () => {
    const server = await standIn({}, far);
    const { code, stderr } = await user.promote('f --yes');
    expect(stderr).toContain(warning);
    expect(code).toBe(0);
    expect(server.sent()).toEqual(['POST one']);
  });

  const answers: [typed: string, code: number, methods: string[], said: string][] = [
    ['n\n', 1, [], 'Nothing was sent.'],
    ['y\n', 0, ['GET', 'GET'], 'Nothing was sent: that was a dry run.'],
  ];
  it.skipIf(!terminals).each(answers)('are asked about first: %j', async (typed, code, methods, said) => {
    const server = await standIn({}, far);
    const ended = await onTerminal('f --dry-run', typed);
    expect(ended.screen).toContain(warning);
    expect(ended.screen).toContain('Send them to c all the same? [y/N]');
    expect(ended.screen).toContain(said);
    expect(ended.code).toBe(code);
    expect(server.asked.map(({ method }) => method)).toEqual(methods);
  });
});
