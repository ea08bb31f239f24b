import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { list as listing, create as pack } from 'tar';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../clients/installed.ts';
import { openPlace, type Place } from './place.ts';

describeWith('docker', () => {
  let place: Place;
  beforeAll(async () => {
    place = await openPlace();
  });
  afterAll(() => place.close());

  const absent = '0'.repeat(64);

  it('says what it is', () => {
    expect(place.engine.info).toMatchObject({
      address: 'unix:///var/run/docker.sock',
      foundBy: 'the usual socket of Docker',
      product: 'Docker',
      version: expect.stringMatching(/^\d+\.\d+/),
      root: expect.stringMatching(/^\//),
    });
    expect(place.engine.info.memory).toBeGreaterThan(2 ** 28);
    expect(place.engine.info.cpu).toBeGreaterThan(0);
  });

  it('answers a ping, and knows the images that are there', async () => {
    await place.engine.ping();
    expect(await place.engine.image('busybox:latest')).toMatchObject({ id: expect.stringMatching(/^sha256:/) });
    expect(await place.engine.image('nobody/made:this')).toBeUndefined();
  });

  it('a container lives from its making to its removal', async () => {
    const { engine, labels } = place;
    const id = await place.create('/bin/sh', '-c', 'echo out; echo wrong >&2; exit 3');
    expect(await engine.inspect(id)).toMatchObject({ id, labels, state: 'created' });
    const ended = engine.ended(id, 'next-exit');
    await engine.start(id);
    expect(await ended).toBe(3);
    expect(await engine.ended(id, 'not-running')).toBe(3);
    expect(await engine.inspect(id)).toMatchObject({ state: 'exited', exitCode: 3, outOfMemory: false, restarts: 0 });
    expect((await text(await engine.logs(id))).split('\n').sort()).toEqual(['', 'out', 'wrong']);
    expect(await engine.list(labels)).toMatchObject([{ id, state: 'exited' }]);
    await engine.remove(id);
    expect(await engine.inspect(id)).toBeUndefined();
    expect(await engine.list(labels)).toEqual([]);
  });

  it('a container is renamed, measured, and killed', async () => {
    const { engine } = place;
    const id = await place.create('/bin/sh', '-c', 'while :; do :; done');
    await engine.start(id);
    const name = place.name('renamed');
    await engine.rename(id, name);
    expect((await engine.inspect(id))?.name).toBe(name);
    expect((await engine.inspect(id))?.startedAt).toBeGreaterThan(Date.parse('2020-01-01'));
    await expect.poll(() => engine.cpuTime(id)).toBeGreaterThan(0);
    await engine.kill(id);
    expect(await engine.ended(id, 'not-running')).toBe(137);
    await engine.remove(id);
  });

  it('starting what runs, and ending what does not, is no error', async () => {
    const { engine } = place;
    const id = await place.create('sleep', '600');
    await engine.kill(id);
    await engine.start(id);
    await engine.start(id);
    await engine.remove(id);
    await engine.remove(id);
    await engine.kill(id);
    await engine.removeNetwork(absent);
    await engine.removeVolume('nobody-made-this');
  });

  it('files go in and come out', async () => {
    const { engine } = place;
    const folder = import.meta.dirname;
    const id = await place.create('true');
    await engine.copyIn(id, '/tmp', Readable.from(pack({ cwd: folder, portable: true }, ['place.ts'])));
    expect(await engine.has(id, '/tmp/place.ts')).toBe(true);
    expect(await engine.has(id, '/tmp/nothing')).toBe(false);
    const names: string[] = [];
    const packed = await engine.copyOut(id, '/tmp/place.ts');
    await new Promise((resolve, reject) =>
      packed
        .pipe(listing({ onReadEntry: ({ path }) => names.push(path) }))
        .on('end', resolve)
        .on('error', reject),
    );
    expect(names).toEqual(['place.ts']);
    await expect(engine.copyOut(id, '/tmp/nothing')).rejects.toMatchObject({ code: 'not-found' });
    await engine.remove(id);
  });

  it('a source of files that fails is told as what it is', async () => {
    const { engine } = place;
    const id = await place.create('true');
    const source = Readable.from(pack({ cwd: '/nowhere/at/all', portable: true }, ['missing']));
    await expect(engine.copyIn(id, '/tmp', source)).rejects.toMatchObject({ code: 'ENOENT' });
    await engine.remove(id);
  });

  it('looking for many files keeps no connection busy', async () => {
    const { engine } = place;
    const id = await place.create('true');
    const before = openSockets();
    for (let round = 0; round < 30; round++) await engine.has(id, '/bin');
    expect(openSockets() - before).toBeLessThan(5);
    await engine.remove(id);
  });

  it('a network is made once, however many ask, and removed', async () => {
    const { engine, labels } = place;
    const name = place.name('network');
    const made = await Promise.all([1, 2, 3].map(() => engine.network(name, labels)));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(made[0]?.gateway).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(await engine.networks(labels)).toEqual([{ id: made[0]?.id, name }]);
    await engine.removeNetwork(made[0]?.id ?? '');
    expect(await engine.networks(labels)).toEqual([]);
  });

  it('a container has an address in its network, and its ports on this machine', async () => {
    const { engine, labels, spec } = place;
    const network = await engine.network(place.name('network'), labels);
    const id = await engine.create(place.name('listens'), {
      ...spec('sleep', '600'),
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { NetworkMode: network.id, PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } },
    });
    await engine.start(id);
    const found = await engine.inspect(id);
    expect(found?.ip).toMatch(/^\d+\./);
    expect(found?.ports[80]).toBeGreaterThan(1023);
    await engine.remove(id);
    await engine.removeNetwork(network.id);
  });

  it('a volume is made once, and removed when nothing uses it', async () => {
    const { engine, labels, spec } = place;
    const name = place.name('volume');
    await engine.volume(name, labels);
    await engine.volume(name, labels);
    expect(await engine.volumes(labels)).toEqual([{ name, labels }]);
    const plain = spec('true');
    const mounts = [{ Type: 'volume' as const, Source: name, Target: '/data' }];
    const id = await engine.create(place.name('uses'), {
      ...plain,
      HostConfig: { ...plain.HostConfig, Mounts: mounts },
    });
    await expect(engine.removeVolume(name)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`The volume ${name} cannot be removed: `),
    });
    await engine.remove(id);
    await engine.removeVolume(name);
    expect(await engine.volumes(labels)).toEqual([]);
  });

  it('what the engine refuses is told in its own words', async () => {
    const { engine, spec } = place;
    const plain = { ...spec('true'), Image: 'nobody/made:this' };
    await expect(engine.create(place.name('none'), plain)).rejects.toMatchObject({
      code: 'not-found',
      message: 'The container engine says: No such image: nobody/made:this',
    });
  });
});

const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap' || name === 'TCPSocketWrap').length;
