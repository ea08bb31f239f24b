import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { describeWith } from '../clients/installed.ts';
import { docker } from '../docker.ts';
import { createEngine, type OwnEngine } from './dockerd.ts';
import { patience, type Scene, startScene } from './scene.ts';

// A job that is told to wait does so at its first attempt, for longer than a test may take.
const script = `read -r what < "$INPUT_FILE_PATH"
case $what in
  wait*) if mkdir "/data/$what" 2> /dev/null; then sleep 600; fi ;;
esac
echo "did $what"
`;

describeWith('dockerd', () => {
  let engine: OwnEngine;
  let scene: Scene;
  const onIt = (...args: string[]) => docker('--host', engine.address, ...args);
  const ours = (...kind: string[]) => onIt(...kind, '--quiet', '--filter', `label=${scene.label}`);

  beforeAll(async () => {
    engine = createEngine();
    await engine.start();
    execFileSync('sh', ['-c', `docker save busybox | docker --host '${engine.address}' load`], { stdio: 'ignore' });
    scene = await startScene({ env: { DOCKER_HOST: engine.address } });
    await scene.declare({ name: 'calls', script });
    await scene.declare({ name: 'jobs', script, volume: { name: 'seen', size: '1Gi', mount_path: '/data' } });
  });
  afterAll(async () => {
    try {
      await scene?.program.stop();
    } finally {
      await engine.remove();
    }
  });

  const asleep = (): boolean => {
    const jobs = onIt('ps', '--quiet', '--filter', 'label=oscar-sandbox.role=job').split('\n').filter(Boolean);
    return jobs.some((id) => onIt('top', id).includes('sleep 600'));
  };
  const inState = (id: string, state: string) =>
    vi.waitFor(async () => {
      const found = (await scene.invocations('jobs')).find((job) => job.id === id);
      if (found?.state !== state) throw new Error(`The job is ${found?.state}, not ${state}.`);
      return found;
    }, patience);

  it.each([
    ['stopped', 'SIGTERM'],
    ['killed', 'SIGKILL'],
  ] as const)(
    'an engine that is %s in mid-job is waited for, and everything goes on when it is back',
    async (how, signal) => {
      expect(await scene.run('calls', 'before.\n')).toEqual({ status: 200, text: 'did before.' });
      const cut = await scene.job('jobs', `wait-${how}.\n`);
      await inState(cut, 'Running');
      await vi.waitFor(() => expect(asleep()).toBe(true), patience);

      await engine.stop(signal);
      const answer = await scene.run('calls', 'without.\n');
      expect(answer.status).toBeGreaterThanOrEqual(500);
      expect(answer.text).toMatch(/engine/i);
      const waiting = await scene.job('jobs', `asked for while ${how}.\n`);

      await engine.start();
      await vi.waitFor(async () => {
        expect(await scene.run('calls', 'after.\n')).toEqual({ status: 200, text: 'did after.' });
      }, patience);
      // Its container went with the engine, so it runs once more; what was asked for meanwhile has waited.
      expect(await scene.ended('jobs', cut)).toMatchObject({ state: 'Succeeded', attempt: 2 });
      expect(await scene.ended('jobs', waiting)).toMatchObject({ state: 'Succeeded' });
      const jobs = (await scene.invocations('jobs')).filter(({ id }) => id === cut || id === waiting);
      expect(jobs).toHaveLength(2);
    },
  );

  it('nothing of it is left on the engine afterwards', async () => {
    expect((await scene.program.command(['clean', '--yes'])).code).toBe(0);
    expect([ours('ps', '--all'), ours('network', 'ls'), ours('volume', 'ls')]).toEqual(['', '', '']);
  });
});
