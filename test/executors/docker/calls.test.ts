import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWith } from '../../clients/installed.ts';
import { taskOf } from '../../contracts/executor.ts';
import { docker } from '../../docker.ts';
import { never, said } from './place.ts';
import { small, useDocker } from './stage.ts';

describeWith('docker', () => {
  const { stage, call, ending, run, workers } = useDocker({ idleMs: 1500 });

  it('serves one call after the other in the same container, and lets it go when it was idle', async () => {
    const service = small({ name: 'warm', script: 'echo "$(cat /tmp/seen 2>/dev/null)"; echo before >/tmp/seen' });
    await stage.place.executor.deploy(service);
    expect(await workers('warm')).toEqual([]);
    expect(await call(service)).toBe('\n');
    const [first] = await workers('warm');
    expect(await call(service)).toBe('before\n');
    expect(await workers('warm')).toEqual([first]);
    await expect.poll(() => workers('warm')).toEqual([]);
    expect(await call(service)).toBe('\n');
  });

  it('keeps min_scale workers, and starts up to max_scale for calls that wait', async () => {
    const service = small({
      name: 'scaled',
      script: 'echo begun; until [ -e /tmp/go ]; do sleep 0.05; done',
      synchronous: { min_scale: 1, max_scale: 2 },
    });
    await stage.place.executor.deploy(service);
    expect((await workers('scaled')).length).toBe(1);
    let begun = 0;
    const calls = Array.from({ length: 3 }, () => run(service, {}, () => begun++));
    await expect.poll(() => begun).toBe(2);
    const both = await workers('scaled');
    expect(both.length).toBe(2);
    expect(await stage.place.executor.observe()).toContainEqual(
      expect.objectContaining({ service: 'scaled', instances: 2, state: 'ready' }),
    );
    for (const id of both) docker('exec', id, 'touch', '/tmp/go');
    for (const outcome of await Promise.all(calls)) expect(await said(outcome)).toBe('begun\n');
    expect(begun).toBe(3);
    await expect.poll(async () => (await workers('scaled')).length).toBe(1);
  });

  it('replaces a worker that somebody ended', async () => {
    const service = small({ name: 'ended', script: 'echo ok', synchronous: { min_scale: 1, max_scale: 1 } });
    await stage.place.executor.deploy(service);
    const [before = ''] = await workers('ended');
    docker('kill', before);
    await expect.poll(() => workers('ended')).toEqual([expect.not.stringMatching(before)]);
    expect(await call(service)).toBe('ok\n');
  });

  it('fails a call whose worker is killed in the midst of it, and serves the next one', async () => {
    const service = small({ name: 'cut', script: 'echo begun; [ -z "$SLOW" ] || sleep 1000' });
    const slow = { ...service, secrets: { SLOW: 'yes' } };
    const begun = Promise.withResolvers<void>();
    const running = run(slow, {}, () => begun.resolve());
    await begun.promise;
    const [worker = ''] = await workers('cut');
    docker('kill', worker);
    const outcome = await running;
    expect(outcome).toMatchObject({
      state: 'Failed',
      reason: 'The worker ended in the middle of the task (SIGKILL).',
    });
    expect(await said(outcome)).toBe('begun\n');
    expect(await call(service)).toBe('begun\n');
  });

  it('ends what a call leaves running, with its worker, before its files are read', async () => {
    const late = '(sleep 5; echo late >"$TMP_OUTPUT_DIR/late.txt"; sleep 1000) >/dev/null 2>&1 &';
    const service = small({ name: 'leaves', script: `${late}\necho left` });
    await stage.place.executor.deploy(service);
    expect(await call(service)).toBe('left\n');
    expect(await workers('leaves')).toEqual([]);
    expect(await call(small({ name: 'leaves', script: 'echo next' }))).toBe('next\n');
    expect((await workers('leaves')).length).toBe(1);
  });

  it('ends a worker too whose own processes a call ended, to make room for one that it leaves running', async () => {
    // The eldest after the first process is the one that reads the input of the warm shell.
    const reader = 'for p in $(seq 2 20); do kill -9 $p 2>/dev/null && break; done';
    const service = small({ name: 'swaps', script: `sleep 1000 >/dev/null 2>&1 &\n${reader}\necho swapped` });
    await stage.place.executor.deploy(service);
    expect(await call(service)).toBe('swapped\n');
    expect(await workers('swaps')).toEqual([]);
  });

  it.each([
    ['an exit code', 'exit 7', 'The script ended with exit code 7.'],
    ['a signal', 'kill -15 $$', 'The script ended with exit code 143 (SIGTERM).'],
    [
      'a program that is not there',
      'no-such-program',
      /exit code 127: it calls a program that its image does not have/,
    ],
    ['too little memory', 'x=0123456789abcdef; while :; do x=$x$x; done', 'Out of memory: the limit is 64Mi.'],
    [
      'too little memory of a child',
      'sh -c "x=0123456789abcdef; while :; do x=\\$x\\$x; done"; exit 0',
      /^Out of memory/,
    ],
  ])('tells %s apart', async (_, script, reason) => {
    const outcome = await ending(small({ name: 'told', script }), 'run');
    expect(outcome.state).toBe('Failed');
    expect(outcome.reason).toEqual(typeof reason === 'string' ? reason : expect.stringMatching(reason));
  });

  it('does not count what an earlier call of a worker used up', async () => {
    const service = small({
      name: 'counted',
      script: 'sh -c "x=0123456789abcdef; while :; do x=\\$x\\$x; done"; exit 0',
    });
    expect((await ending(service, 'run')).reason).toBe('Out of memory: the limit is 64Mi.');
    expect((await ending(small({ name: 'counted', script: 'exit 137' }), 'run')).reason).toBe(
      'The script ended with exit code 137 (SIGKILL).',
    );
  });

  it('ends a call whose time is up, and its worker', async () => {
    const control = new AbortController();
    const service = small({ name: 'timed', script: 'echo begun; sleep 1000' });
    const outcome = await stage.place.executor.run(taskOf(service), () => control.abort(), control.signal);
    expect(outcome).toMatchObject({ state: 'Failed', reason: 'Cancelled.' });
    await outcome.release();
    await expect.poll(() => workers('timed')).toEqual([]);
  });

  it('hides a call from everybody once it is over, and from other services always', async () => {
    const input = {
      name: 'holder',
      script: 'ls /oscar/tasks; echo "$WORD"',
      synchronous: { min_scale: 1, max_scale: 1 },
    };
    const secret = small(input, { secrets: { WORD: 'hush' } });
    await stage.place.executor.deploy(secret);
    expect(await call(secret)).toMatch(/^holder\.\d+\nhush\n$/);
    const [worker = ''] = await workers('holder');
    expect(docker('exec', worker, 'ls', '/oscar/tasks')).toBe('');
    expect(docker('inspect', worker)).not.toContain('hush');
    const root = join(stage.place.folder, 'places');
    for (const name of readdirSync(root)) expect(existsSync(join(root, name, 'env'))).toBe(false);
  });

  it('leaves nothing of a service that is withdrawn', async () => {
    const service = small({ name: 'brief', script: 'echo ok', synchronous: { min_scale: 1, max_scale: 0 } });
    await stage.place.executor.deploy(service);
    expect(await call(service)).toBe('ok\n');
    await stage.place.executor.withdraw('brief');
    const networks = (await stage.place.containers('network')).filter(({ name }) => name.includes('brief'));
    expect(networks).toEqual([]);
    expect(await stage.place.containers(undefined, 'brief')).toEqual([]);
    expect(await stage.place.executor.observe()).not.toContainEqual(expect.objectContaining({ service: 'brief' }));
  });

  it('answers many calls that come at once', async () => {
    const service = small({ name: 'crowd', script: 'echo "$INDEX"' });
    const calls = Array.from({ length: 12 }, (_, index) =>
      stage.place.executor.run(taskOf(service, '', { variables: { INDEX: String(index) } }), () => undefined, never),
    );
    const answers = await Promise.all((await Promise.all(calls)).map(said));
    expect(answers).toEqual(answers.map((_, index) => `${index}\n`));
  });
});
