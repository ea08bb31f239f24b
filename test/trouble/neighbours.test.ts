import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeWith } from '../clients/installed.ts';
import { carrying, docker } from '../docker.ts';
import { nothingLeft, type Scene, startScene } from './scene.ts';

describeWith('docker', () => {
  let ours: Scene;
  let theirs: Scene;
  const volume = (name: string) => ({ name, size: '1Gi', mount_path: '/data' });
  beforeEach(async () => {
    [ours, theirs] = await Promise.all([startScene(), startScene()]);
    for (const [scene, who] of [
      [ours, 'ours'],
      [theirs, 'theirs'],
    ] as const) {
      // The same names on both sides, and something of every kind.
      const script = `echo ${who} >> /data/lines\ncat /data/lines\n`;
      await scene.declare({ name: 'same', script, volume: volume('kept') });
      expect(await scene.run('same')).toEqual({ status: 200, text: who });
    }
  });
  afterEach(async () => {
    await ours.program.stop();
    await theirs.program.stop();
    await nothingLeft(ours.label);
    await nothingLeft(theirs.label);
  });

  const lasting = (scene: Scene) => carrying(scene.label).filter((line) => !line.startsWith('container'));
  const ids = (scene: Scene) => docker('ps', '--quiet', '--filter', `label=${scene.label}`).split('\n').sort();

  it('two sandboxes on one engine share nothing, and the end of one is nothing to the other', async () => {
    expect(carrying(ours.label).length).toBeGreaterThan(1);
    expect(carrying(ours.label).filter((line) => carrying(theirs.label).includes(line))).toEqual([]);
    const before = ids(theirs);

    expect((await ours.program.command(['down'])).code).toBe(0);
    expect(ids(theirs)).toEqual(expect.arrayContaining(before));
    expect(carrying(ours.label).filter((line) => line.startsWith('container'))).toEqual([]);
    // What a service keeps outlives `down`.
    expect(lasting(ours).filter((line) => line.startsWith('volume'))).toHaveLength(1);

    expect((await ours.program.command(['clean', '--yes'])).code).toBe(0);
    expect(carrying(ours.label)).toEqual([]);
    expect(ids(theirs)).toEqual(expect.arrayContaining(before));
    expect(await theirs.run('same')).toEqual({ status: 200, text: 'theirs\ntheirs' });
  });
});
