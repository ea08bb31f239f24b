import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { base64, png, startSmall } from './small.ts';

let small: Awaited<ReturnType<typeof startSmall>>;
beforeAll(async () => {
  small = await startSmall();
});
afterAll(() => small.close());

describe('with --json each line on stdout is one value, and nothing else is there', () => {
  const commands: [args: string, values: unknown[]][] = [
    [
      'services',
      [
        expect.objectContaining({ name: 'echo' }),
        expect.objectContaining({ name: 'web', deployment: { state: 'failed', reason: 'Nobody has the image.' } }),
        expect.objectContaining({ name: 'idle' }),
      ],
    ],
    ['run echo -i test', [{ invocation: 'echo-1', answer: 'output', text: 'got test\n' }]],
    ['run picture', [{ invocation: 'echo-1', answer: 'file', base64: base64(png) }]],
    ['job echo', [{ job: 'echo-2' }]],
    [
      'job echo --wait',
      [
        { invocation: 'echo-2', line: 'one' },
        { invocation: 'echo-2', line: 'two' },
        expect.objectContaining({ state: 'Succeeded' }),
      ],
    ],
    ['logs echo --all', [expect.objectContaining({ id: 'echo-2' })]],
    ['replay echo-2', [expect.objectContaining({ id: 'echo-then' })]],
    ['ls', [expect.objectContaining({ bucket_name: 'b' })]],
    ['ls b/in/', [1, 2, 3].map((n) => expect.objectContaining({ bucket: 'b', object_name: `in/${n}` }))],
    ['put a.png b/in/', [{ bucket: 'b', key: 'in/a.png', size: 8 }]],
    ['get b/in/a.png -', [{ bucket: 'b', key: 'in/a.png', base64: base64(png) }]],
    ['events --recent', [{ at: 0, kind: 'job-queued', text: 'echo-2 queued' }]],
    ['delete echo', [{ service: 'echo', action: 'deleted' }]],
    [
      'apply fdl.yaml',
      [
        { service: 'echo', action: 'updated' },
        { service: 'fresh', action: 'created' },
      ],
    ],
    ['credentials', [expect.objectContaining({ accessKey: 'minio', mc: expect.stringContaining('mc alias set') })]],
    ['completion bash', [expect.objectContaining({ shell: 'bash' })]],
    [
      'doctor',
      Array.from({ length: 10 }, () =>
        expect.objectContaining({ check: expect.any(String), state: expect.stringMatching(/^(ok|warn|fail)$/) }),
      ),
    ],
  ];
  it.concurrent.each(commands)('%s', async (args, values) => {
    const ended = await small.drive([...args.split(' '), '--json']);
    const lines = ended.stdout.split('\n').slice(0, -1);
    expect(lines.map((line) => JSON.parse(line))).toEqual(values);
  });
});

it('status --json has the keys that scripts rely on, in their order', async () => {
  const { stdout } = await small.drive(['status', '--json']);
  const relied = 'api,s3,dashboard,user,password,accessKey,secretKey,executor,dataDir,pid,version';
  expect(Object.keys(JSON.parse(stdout)).join()).toMatch(new RegExp(`^${relied},`));
  expect(JSON.parse(stdout)).toMatchObject({ api: small.sandbox.api, pid: process.pid, jobs: { Failed: 3 } });
});

it('up --detach on the same folder as a running one prints its status', async () => {
  const ended = await small.drive(['up', '--detach', '--json']);
  expect(JSON.parse(ended.stdout)).toMatchObject({ api: small.sandbox.api });
  expect(ended.code).toBe(0);
});

it('an error of a failed call with --json carries what the script printed', async () => {
  const ended = await small.drive(['run', 'broken', '--json']);
  expect(JSON.parse(ended.stderr)).toMatchObject({
    error: { code: 'failed' },
    output: 'exit status 3\nno such word\n',
  });
  expect(ended.stdout).toBe('');
});
