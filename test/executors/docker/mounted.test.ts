import { randomBytes } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openEngine } from '../../../src/engine/docker.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { removeLabelled } from '../../../src/engine/labelled.ts';
import { usualSocket } from '../../../src/engine/places.ts';
import { createMarks, type Marks } from '../../../src/executors/docker/labels.ts';
import { describeWith } from '../../clients/installed.ts';
import { createGround, type Ground } from '../mounts/ground.ts';

describeWith('docker', () => {
  let ground: Ground;
  let engine: Engine;
  let marks: Marks;
  beforeEach(async () => {
    ground = await createGround();
    engine = await openEngine({ at: usualSocket, credentialsFor: async () => undefined });
    marks = createMarks(`test${randomBytes(4).toString('hex')}`);
  });
  afterEach(async () => {
    await removeLabelled(engine, marks.all);
    await ground.close();
  });

  const script = `
  until [ -f /mnt/data/in/question ]; do sleep 0.05; done
  mkdir -p /mnt/data/out && tr a-z A-Z < /mnt/data/in/question > /mnt/data/out/answer
  while [ -f /mnt/data/in/question ]; do sleep 0.05; done
  rm /mnt/data/out/answer
  echo changed > /mnt/data/kept
  ln -s /etc/passwd /mnt/data/out/link
`;

  it.each(['0:0', '1000:1000'])(
    'a container of the user %s and the bucket see each other’s files while it runs',
    async (User) => {
      await ground.put('kept', 'as it was');
      const mount = ground.open({ everyMs: 100 });
      await mount.ready;
      // The folders above are closed to others: the container gets at this one alone.
      chmodSync(ground.home, 0o700);
      const id = await engine.create(marks.name('run'), {
        Image: 'busybox',
        Entrypoint: ['/bin/sh'],
        Cmd: ['-ec', script],
        User,
        Labels: marks.all,
        HostConfig: { NetworkMode: 'none', Binds: [`${ground.folder}:/mnt/data`] },
      });
      const ended = engine.ended(id, 'next-exit');
      await engine.start(id);
      const soon = { timeout: 20_000, interval: 50 };
      await ground.put('in/question', 'why?');
      await expect.poll(async () => (await ground.objects())['out/answer'], soon).toBe('WHY?');
      await ground.buckets.delete('mounted', 'data/in/question', {});
      expect(await ended).toBe(0);
      await mount.flush();
      expect(await ground.objects()).toEqual({ kept: 'changed\n' });
    },
  );
});
