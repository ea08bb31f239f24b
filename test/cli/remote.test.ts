import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSmall } from './small.ts';

let small: Awaited<ReturnType<typeof startSmall>>;
beforeAll(async () => {
  small = await startSmall();
});
afterAll(() => small.close());

const rows: [args: string, code: number, stdout: string, stderr: string][] = [
  [
    'services',
    0,
    'NAME  STATE   IMAGE   CPU  MEMORY  INPUT  OUTPUT\necho  -       alpine  0.1  64Mi    -      b/out\nweb   failed  alpine  0.1  64Mi    -      -\nidle  ready   alpine  0.1  64Mi    -      -\n',
    'web is failed: Nobody has the image.\n',
  ],
  ['run echo -i test', 0, 'got test\n', ''],
  ['run echo', 0, 'got \n', ''],
  [
    'run broken -i x',
    1,
    'exit status 3\nno such word\n',
    'error: broken failed: The script ended with exit code 3.\nhint: Its log: oscar-sandbox logs broken echo-1\n',
  ],
  ['run none', 4, '', 'error: No service is called none.\n'],
  ['run big', 7, '', 'error: big asks for 900Gi of memory\nhint: Ask for less.\n'],
  ['run slow', 8, '', 'error: Killed process.\n'],
  ['job none -i x', 4, '', 'error: No service is called none.\nhint: List them with `oscar-sandbox services`.\n'],
  ['job big', 7, '', 'error: big asks for 900Gi of memory\nhint: Ask for less.\n'],
  ['job echo -i x', 0, 'echo-2\n', ''],
  ['job echo -i x --wait', 0, 'one\ntwo\n', 'echo-2\n'],
  ['job broken --wait', 1, 'no such word\n', 'broken-3\nerror: broken-3 failed: exit status 3.\n'],
  ['logs echo -t', 0, '2026-06-12T07:05:29Z one\n', ''],
  [
    'logs echo --all',
    0,
    'INVOCATION  KIND  STATE      CREATED               OBJECT\necho-2      job   Succeeded  2026-06-12T07:05:29Z  -\n',
    '',
  ],
  ['logs echo nothing', 4, '', 'error: echo has no log of nothing.\n'],
  ['logs none', 4, '', 'error: No service is called none.\n'],
  ['replay echo-2', 0, 'echo-then\n', ''],
  ['replay echo-2 --today', 0, 'echo-today\n', ''],
  [
    'replay nope',
    4,
    '',
    'error: There is no invocation nope.\nhint: List the invocations of a service: oscar-sandbox logs SERVICE --all\n',
  ],
  ['replay pruned-1', 4, '', 'error: Version 1 of pruned is no longer kept.\nhint: Use --today.\n'],
  [
    'apply refused.yaml',
    2,
    'fresh created\n',
    'error: HOME/refused.yaml:7:7: refresh_token secret is required\nhint: Write it below secrets.\n',
  ],
  ['ls', 0, 'b\n', ''],
  [
    'ls b/in/',
    0,
    '2026-06-12 07:05:29             3  in/1\n2026-06-12 07:05:29             3  in/2\n2026-06-12 07:05:29             3  in/3\n',
    '',
  ],
  ['ls none', 4, '', 'error: There is no bucket none.\n'],
  ['put a.png b/in/', 0, 'b/in/a.png\n', ''],
  ['put a.png none/in/', 4, '', 'error: There is no bucket none.\n'],
  ['put a.png b/no', 2, '', 'error: The store refused it: The name is bad.\n'],
  ['put a.png b/full', 7, '', 'error: The store refused it: No space is left.\n'],
  ['get b/gone', 4, '', 'error: There is no object gone in the bucket b.\n'],
  ['delete echo', 0, 'echo deleted\n', ''],
  ['delete none', 4, '', 'error: No service is called none.\n'],
  ['up', 6, '', 'error: A sandbox already runs on HOME/data: API, process PID, no folder watched.\n'],
];

describe('a command says on stdout what it found and on stderr what went wrong', () => {
  it.concurrent.each(rows)('%s → %i', async (args, code, stdout, stderr) => {
    const ended = await small.drive(args.split(' '));
    const said = stderr
      .replace('HOME', small.home)
      .replace('API', small.sandbox.api)
      .replace('PID', String(process.pid));
    expect(ended.stderr.slice(0, said.length || undefined)).toBe(said);
    expect(ended.stdout).toBe(stdout);
    expect(ended.code).toBe(code);
  });
});

it('status for people keeps the secrets to itself', async () => {
  const { stdout } = await small.drive(['status']);
  expect(stdout).toContain('1 running, 2 succeeded, 3 failed');
  expect(stdout).not.toContain('secret');
});

it('a password with signs of the shell in it is quoted where it is pasted into one', async () => {
  const { stdout } = await small.drive(['credentials']);
  expect(stdout).toContain(
    `oscar-cli cluster add sandbox ${small.sandbox.api} oscar 'it'\\''s secret' --disable-ssl\n`,
  );
  expect(stdout).toContain(`'password': "it's secret"`);
});
