import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../clients/installed.ts';
import { docker } from '../docker.ts';
import { nothingLeft, type Scene, startScene } from './scene.ts';

interface End {
  title: string;
  name: string;
  service?: Record<string, unknown>;
  script: string;
  state: string;
  exitCode?: number;
  /** The last line of the job's log. */
  last: RegExp;
  /** What a call of the same service is answered. */
  status: number;
}

const hungry = 'set -- x; while :; do set -- "$@" "$@"; done\n';

const ends: End[] = [
  {
    title: 'an end',
    name: 'good',
    script: 'echo done\n',
    state: 'Succeeded',
    exitCode: 0,
    last: /^done$/,
    status: 200,
  },
  {
    title: 'an exit code',
    name: 'seven',
    script: 'echo trying\nexit 7\n',
    state: 'Failed',
    exitCode: 7,
    last: /exit code 7\./,
    status: 500,
  },
  {
    title: 'a signal',
    name: 'signal',
    script: 'kill -TERM $$\nsleep 60\n',
    state: 'Failed',
    exitCode: 143,
    last: /exit code 143 \(SIGTERM\)\./,
    status: 500,
  },
  {
    title: 'a kill that is no lack of memory',
    name: 'killed',
    script: 'kill -KILL $$\nsleep 60\n',
    state: 'Failed',
    exitCode: 137,
    last: /exit code 137 \(SIGKILL\)\./,
    status: 500,
  },
  {
    title: 'a lack of memory',
    name: 'hungry',
    service: { memory: '64Mi' },
    script: hungry,
    state: 'Failed',
    exitCode: 137,
    last: /Out of memory: the limit is 64Mi\./,
    status: 500,
  },
  {
    title: 'a program that the image does not have',
    name: 'unknown',
    script: 'python3 -V\n',
    state: 'Failed',
    exitCode: 127,
    last: /exit code 127/,
    status: 500,
  },
];

describeWith('docker', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startScene();
    for (const { name, script, service } of ends) await scene.declare({ name, script, ...service });
  });
  afterAll(async () => {
    await scene.program.stop();
    await nothingLeft(scene.label);
  });

  it.each(ends)('tells $title in the state and the log of a job', async ({ name, state, exitCode, last }) => {
    const id = await scene.job(name);
    const job = await scene.ended(name, id);
    expect(job).toMatchObject({ state, exitCode, attempt: 1 });
    expect((await scene.log(name, id)).trimEnd().split('\n').at(-1)).toMatch(last);
    if (state === 'Failed') expect(job.reason).toMatch(last);
  });

  it.each(ends)('answers a call with $title', async ({ name, status, exitCode, state }) => {
    expect((await scene.run(name)).status).toBe(status);
    const calls = (await scene.invocations(name)).filter(({ kind }) => kind === 'run');
    expect(calls).toMatchObject([{ state, exitCode }]);
  });

  it('says that an image has no shell, to who calls and in the job', async () => {
    const says = 'has no /bin/sh';
    await scene.declare({ name: 'shellless', image: 'oscar-sandbox-test/no-shell', script: 'echo never\n' });
    const answer = await scene.run('shellless');
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(answer.text).toContain(says);
    const job = await scene.ended('shellless', await scene.job('shellless'));
    expect(job.state).toBe('Failed');
    expect(job.reason).toContain(says);
  });

  it('tells who calls that an image cannot be fetched, and lets jobs wait until it is there', async () => {
    const image = 'oscar-sandbox-test.invalid/later:1';
    await scene.declare({ name: 'later', image, script: 'echo at last\n' });
    const answer = await scene.run('later');
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(answer.text).toContain('later:1');
    const id = await scene.job('later');
    expect((await scene.invocations('later')).find((one) => one.id === id)?.state).toBe('Pending');
    docker('tag', 'busybox', image);
    try {
      expect((await scene.ended('later', id)).state).toBe('Succeeded');
      expect(await scene.log('later', id)).toContain('at last');
    } finally {
      docker('rmi', image);
    }
  });
});
