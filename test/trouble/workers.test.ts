import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { describeWith } from '../clients/installed.ts';
import { docker } from '../docker.ts';
import { containers, nothingLeft, patience, type Scene, startScene } from './scene.ts';

// Told to wait, it waits for longer than a test may take. (A dot, since a word of four letters is base64.)
const script = 'read -r what < "$INPUT_FILE_PATH"\nif [ "$what" = wait. ]; then sleep 600; fi\necho "did $what"\n';

describeWith('docker', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startScene();
    await scene.declare({ name: 'calls', script, synchronous: { max_scale: 1 } });
    await scene.declare({ name: 'jobs', script });
  });
  afterAll(async () => {
    await scene.program.stop();
    await nothingLeft(scene.label);
  });

  /** The container in which something sleeps. */
  const asleep = (role: string, service: string) =>
    vi.waitFor(() => {
      const all = containers(scene.label, role, '--filter', `label=oscar-sandbox.service=${service}`);
      const found = all.find((id) => docker('top', id).includes('sleep 600'));
      if (!found) throw new Error(`No container of ${service} sleeps.`);
      return found;
    }, patience);

  it('a worker that is killed in mid-call fails that call alone, and the next call is answered by another', async () => {
    expect(await scene.run('calls', 'first.\n')).toEqual({ status: 200, text: 'did first.' });
    const call = scene.run('calls', 'wait.\n');
    const worker = await asleep('worker', 'calls');
    docker('kill', worker);
    const answer = await call;
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(answer.text).not.toBe('');
    const states = (await scene.invocations('calls')).map(({ state }) => state);
    expect(states.sort()).toEqual(['Failed', 'Succeeded']);
    expect(await scene.run('calls', 'next.\n')).toEqual({ status: 200, text: 'did next.' });
    expect(containers(scene.label, 'worker', '--no-trunc').some((id) => id.startsWith(worker))).toBe(false);
  });

  it('a container that is killed in mid-job ends the job once, with a reason', async () => {
    const id = await scene.job('jobs', 'wait.\n');
    const container = await asleep('job', 'jobs');
    docker('kill', container);
    const ended = await scene.ended('jobs', id);
    expect(ended.state).toBe('Failed');
    expect(ended.reason).toMatch(/137|killed|ended/);
    const next = await scene.ended('jobs', await scene.job('jobs', 'next.\n'));
    expect(next.state).toBe('Succeeded');
    await vi.waitFor(() => expect(containers(scene.label, 'job', '--filter', 'status=running')).toEqual([]), patience);
  });
});
