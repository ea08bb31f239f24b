import { randomBytes } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openEngine } from '../../../src/engine/docker.ts';
import type { ContainerSpec, Engine } from '../../../src/engine/engine.ts';
import { removeLabelled } from '../../../src/engine/labelled.ts';
import { usualSocket } from '../../../src/engine/places.ts';
import { createMarks, type Marks } from '../../../src/executors/docker/labels.ts';
import type { VolumeBind } from '../../../src/executors/docker/opening.ts';
import { createVolumes, type Volumes, volumeWarning } from '../../../src/executors/docker/volumes.ts';
import type { Service } from '../../../src/model/service.ts';
import type { ManagedVolume } from '../../../src/model/volume.ts';
import { labelsOf, namesOf } from '../../../src/objects/minio/spec.ts';
import { describeWith } from '../../clients/installed.ts';
import { docker } from '../../docker.ts';
import { declared } from '../../fakes/definitions.ts';

interface Wanted {
  name?: string;
  size?: string;
  lifecycle_policy?: string;
}

describeWith('docker', () => {
  let engine: Engine;
  let marks: Marks;
  let volumes: Volumes;
  beforeAll(async () => {
    engine = await openEngine({ at: usualSocket, credentialsFor: async () => undefined });
  });
  beforeEach(() => {
    marks = createMarks(`test${randomBytes(4).toString('hex')}`);
    volumes = createVolumes({ engine, marks, patienceMs: 5_000 });
  });
  afterEach(async () => {
    await removeLabelled(engine, marks.all);
  });

  const service = (name: string, volume: Wanted, image = 'busybox'): Service =>
    declared({ name, image, volume: { mount_path: '/data', ...volume } });

  const names = async () => (await engine.volumes(marks.all)).map(({ name }) => name).sort();
  const ref = (name: string) => ({ namespace: 'oscar-svc', name });
  const full = (name: string) => `oscar-sandbox-${marks.all['oscar-sandbox.data']}-volume-${name}`;

  const spec = (bind: VolumeBind, script: string, more: Partial<ContainerSpec> = {}): ContainerSpec => ({
    Image: 'busybox',
    Entrypoint: ['/bin/sh'],
    Cmd: ['-c', script],
    Labels: marks.all,
    ...more,
    HostConfig: { NetworkMode: 'none', Mounts: [{ Type: 'volume', ...bind }] },
  });

  /** Runs a script in a container with the volume; answers its exit code. */
  async function run(bind: VolumeBind, script: string, more: Partial<ContainerSpec> = {}): Promise<number> {
    const id = await engine.create(marks.name('run', randomBytes(4).toString('hex')), spec(bind, script, more));
    const ended = engine.ended(id, 'next-exit');
    await engine.start(id);
    const code = await ended;
    await engine.remove(id);
    return code;
  }

  const bound = async (one: Service): Promise<VolumeBind> => {
    const bind = await volumes.bindFor(one);
    if (!bind) throw new Error('no volume');
    return bind;
  };

  describe('the volume of a service', () => {
    it('is made once, under a name of the sandbox’s own, and keeps what a container writes', async () => {
      const maker = service('maker', { size: '1Gi' });
      const binds = await Promise.all([bound(maker), bound(maker), bound(maker)]);
      expect(new Set(binds.map((bind) => JSON.stringify(bind)))).toEqual(
        new Set([JSON.stringify({ Source: full('maker'), Target: '/data' })]),
      );
      const [made] = await engine.volumes(marks.all);
      expect(made?.labels).toEqual({
        ...marks.all,
        'oscar-sandbox.role': 'volume',
        'oscar-sandbox.service': 'maker',
        'oscar-sandbox.volume': 'maker',
        'oscar-sandbox.policy': 'delete',
      });
      expect(await run(await bound(maker), 'echo kept > /data/file')).toBe(0);
      expect(await run(await bound(maker), 'grep -q kept /data/file')).toBe(0);
    });

    it('is none for a service that asks for none', async () => {
      expect(await volumes.bindFor(declared())).toBeUndefined();
      expect(volumeWarning(declared().definition)).toBeUndefined();
    });

    it('is shared by those who name it, each at its own path', async () => {
      const maker = await bound(service('maker', { size: '1Gi', name: 'data' }));
      const other = declared({ name: 'other', image: 'busybox', volume: { name: 'data', mount_path: '/elsewhere' } });
      expect(await run(maker, 'echo shared > /data/file')).toBe(0);
      expect(await run(await bound(other), 'grep -q shared /elsewhere/file')).toBe(0);
    });

    it('is none of a user who calls theirs the same', async () => {
      await bound(service('maker', { size: '1Gi', name: 'data' }));
      const theirs = declared({
        name: 'other',
        image: 'busybox',
        namespace: 'oscar-svc-bob',
        volume: { name: 'data', size: '1Gi', mount_path: '/data' },
      });
      expect(await bound(theirs)).toEqual({ Source: full('oscar-svc-bob.data'), Target: '/data' });
      expect(await volumes.held()).toEqual(
        expect.arrayContaining([
          { key: 'data', maker: 'maker' },
          { key: 'oscar-svc-bob.data', maker: 'other' },
        ]),
      );
    });

    it('must exist when only its name is given', async () => {
      await expect(volumes.bindFor(service('late', { name: 'data' }))).rejects.toMatchObject({
        code: 'unavailable',
        message: 'late uses the volume data, which does not exist.',
        hint: expect.stringContaining('size'),
      });
      expect(await names()).toEqual([]);
    });

    it('cannot be made a second time by another service', async () => {
      await bound(service('maker', { size: '1Gi', name: 'data' }));
      await expect(volumes.bindFor(service('second', { size: '2Gi', name: 'data' }))).rejects.toMatchObject({
        code: 'conflict',
        message: 'There is a volume data already, which the service maker made.',
      });
    });

    it('is not that of another sandbox on the same engine', async () => {
      const others = createMarks(`test${randomBytes(4).toString('hex')}`);
      await createVolumes({ engine, marks: others }).bindFor(service('maker', { size: '1Gi', name: 'data' }));
      try {
        await expect(volumes.bindFor(service('late', { name: 'data' }))).rejects.toThrow('does not exist');
      } finally {
        await removeLabelled(engine, others.all);
      }
    });

    it('is never one of MinIO’s', async () => {
      const id = marks.all['oscar-sandbox.data'] ?? '';
      for (const name of [namesOf(id).data, namesOf(id).queue]) await engine.volume(name, labelsOf(id));
      const binds = [];
      for (const name of ['minio', 'minio-events']) binds.push(await bound(service(name, { size: '1Gi', name })));
      expect(binds.map(({ Source }) => Source)).toEqual([full('minio'), full('minio-events')]);
      for (const name of ['minio', 'minio-events']) await volumes.release(ref(name));
      expect(await names()).toEqual([namesOf(id).data, namesOf(id).queue]);
    });

    it('is none that somebody else made under its name, which stays', async () => {
      docker('volume', 'create', full('data'));
      try {
        await expect(volumes.bindFor(service('maker', { size: '1Gi', name: 'data' }))).rejects.toMatchObject({
          code: 'conflict',
          message: `The container engine has a volume ${full('data')} already, which the sandbox did not make.`,
        });
      } finally {
        docker('volume', 'rm', full('data'));
      }
    });

    it('says that its size is not enforced', () => {
      const { definition } = service('maker', { size: '1Gi', name: 'data' });
      expect(volumeWarning(definition)).toBe('The volume data may grow beyond 1Gi: Docker sets its volumes no limit.');
    });
  });

  describe('a volume that no service made', () => {
    const record: ManagedVolume = {
      ...ref('data'),
      size: '1Gi',
      owner: 'cluster_admin',
      maker: '',
      policy: '',
      leaving: false,
    };
    const attaching = (name: string, image = 'busybox') => service(name, { name: 'data' }, image);

    it('has a place from the moment it is made, which stays as it is', async () => {
      await volumes.make(record);
      const bind = await bound(attaching('one'));
      expect(bind).toEqual({ Source: full('data'), Target: '/data' });
      expect(await run(bind, 'echo kept > /data/file')).toBe(0);
      await volumes.make(record);
      expect(await run(await bound(attaching('two')), 'grep -q kept /data/file')).toBe(0);
      expect(await volumes.held()).toEqual([{ key: 'data', maker: '' }]);
    });

    it('gets one with the first service that attaches it, if it has none', async () => {
      volumes = createVolumes({ engine, marks, recorded: ({ name }) => (name === 'data' ? record : undefined) });
      expect(await bound(attaching('one'))).toEqual({ Source: full('data'), Target: '/data' });
      await expect(volumes.bindFor(service('two', { name: 'nothing' }))).rejects.toThrow('does not exist');
    });

    it('can be written into by every image that attaches it', async () => {
      await volumes.make(record);
      await bound(attaching('one'));
      const image = 'oscar-sandbox-test/non-root';
      const bind = await bound(attaching('two', image));
      expect(await run(bind, '[ "$(id -u)" != 0 ] && echo mine > /data/file', { Image: image })).toBe(0);
    });
  });

  describe('an image with a user of its own', () => {
    const image = 'oscar-sandbox-test/non-root';

    it('can write into the volume that is made for it', async () => {
      const bind = await bound(service('maker', { size: '1Gi' }, image));
      expect(await run(bind, '[ "$(id -u)" != 0 ] && echo mine > /data/file', { Image: image })).toBe(0);
      expect((await engine.list(marks.all)).length).toBe(0);
    });

    it('can write into one that was made, but not opened, before the sandbox was killed', async () => {
      const labels = { ...marks.of('volume', 'maker'), 'oscar-sandbox.volume': 'maker' };
      await engine.volume(full('maker'), labels);
      const bind = await bound(service('maker', { size: '1Gi' }, image));
      expect(await run(bind, 'echo mine > /data/file', { Image: image })).toBe(0);
    });
  });

  describe('a volume that is released', () => {
    it('goes, and no other; one that is gone already is no error', async () => {
      await bound(service('maker', { size: '1Gi', name: 'data' }));
      await bound(service('second', { size: '1Gi' }));
      await volumes.release({ namespace: 'oscar-svc-bob', name: 'data' });
      await volumes.release(ref('no-such'));
      expect(await names()).toEqual([full('data'), full('second')]);
      await volumes.release(ref('data'));
      expect(await names()).toEqual([full('second')]);
      await volumes.release(ref('data'));
    });

    it('goes when the last container that has it is gone', async () => {
      const bind = await bound(service('maker', { size: '1Gi' }));
      const id = await engine.create(marks.name('holder'), spec(bind, 'sleep 60'));
      await engine.start(id);
      const hurried = createVolumes({ engine, marks, patienceMs: 0 });
      await expect(hurried.release(ref('maker'))).rejects.toMatchObject({ code: 'conflict' });
      const released = volumes.release(ref('maker'));
      await engine.remove(id);
      await released;
      expect(await names()).toEqual([]);
    });

    it('goes with all the others at the end of the sandbox', async () => {
      await bound(service('one', { size: '1Gi' }));
      await bound(service('two', { size: '1Gi', lifecycle_policy: 'retain' }));
      await volumes.removeAll();
      expect(await names()).toEqual([]);
    });
  });
});
