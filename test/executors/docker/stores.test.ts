import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { silent } from '../../../src/log.ts';
import { describeWith } from '../../clients/installed.ts';
import { carrying } from '../../docker.ts';
import { createFakeBuckets } from '../../fakes/buckets.ts';
import { serving } from './exposedground.ts';
import { openDocker, openUsual } from './place.ts';
import { makeImage, removeImages, small, useDocker } from './stage.ts';

describeWith('docker', () => {
  const { stage, job, call } = useDocker();
  removeImages();
  const volumes = () => carrying(`oscar-sandbox.data=${stage.place.id}`).filter((line) => line.startsWith('volume'));
  const stored = (key: string) => {
    const { content } = stage.place.buckets.stored('out', key) ?? {};
    return content?.toString();
  };

  it.each(['job', 'run'] as const)(
    'a mount shows a %s what is in the bucket, and brings back what it leaves',
    async (kind) => {
      const { buckets, executor } = stage.place;
      await buckets.put('out', `${kind}/in.txt`, { bytes: Buffer.from('from outside') }, {});
      const script = `cat /mnt/out/${kind}/in.txt; echo back >/mnt/out/${kind}/back.txt`;
      const service = small({
        name: `mounts-${kind}`,
        script,
        mount: { storage_provider: 'minio', path: `out/${kind}` },
      });
      await executor.deploy(service);
      expect(await (kind === 'job' ? job : call)(service)).toBe('from outside');
      expect(stored(`${kind}/back.txt`)).toBe('back\n');
      await buckets.put('out', `${kind}/in.txt`, { bytes: Buffer.from('new') }, {});
      expect(await (kind === 'job' ? job : call)(service)).toBe('new');
      await executor.withdraw(`mounts-${kind}`);
    },
  );

  it('a mount of a bucket that is not there fails the task with a sentence', async () => {
    const service = small({
      name: 'mountless',
      script: 'true',
      mount: { storage_provider: 'minio', path: 'nowhere/x' },
    });
    const outcome = await stage.place.executor.run(
      { id: 'm1', service, kind: 'job', attempt: 1, payload: { bytes: Buffer.alloc(0) }, variables: {} },
      () => undefined,
      new AbortController().signal,
    );
    expect(outcome).toMatchObject({
      state: 'Failed',
      reason: expect.stringMatching(/^Its mount could not be filled: .*nowhere/),
    });
    await outcome.release();
  });

  it('a volume keeps what tasks leave in it, also when its service is withdrawn, until it is released', async () => {
    const name = 'keeps';
    const volume = { name, size: '100Mi', mount_path: '/data', lifecycle_policy: 'delete' };
    const service = small({ name, script: 'cat /data/seen 2>/dev/null; echo before >/data/seen', volume });
    await stage.place.executor.deploy(service);
    expect([await job(service), await job(service), await call(service)]).toEqual(['', 'before\n', 'before\n']);
    await stage.place.executor.withdraw(name);
    expect(volumes().length).toBe(1);
    await stage.place.executor.volumes.release({ namespace: 'oscar-svc', name }, name);
    expect(volumes()).toEqual([]);
  });

  it('a service that runs servers is observed with where they answer, and leaves nothing when it is withdrawn', async () => {
    const script = 'mkdir -p /tmp/www; echo hello >/tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www';
    const service = small({ name: 'served', script, expose: { api_port: [8080], min_scale: 1, max_scale: 1 } });
    await stage.place.executor.deploy(service);
    const observed = async () => (await stage.place.executor.observe()).find((one) => one.service === 'served');
    await expect.poll(async () => (await observed())?.addresses?.length).toBe(1);
    const found = await observed();
    expect(found).toMatchObject({ fingerprint: service.fingerprint, state: 'ready', instances: 1 });
    const answer = await fetch(`${found?.addresses?.[0]}/index.html`);
    expect(await answer.text()).toBe('hello\n');
    await stage.place.executor.withdraw('served');
    expect(await observed()).toBe(undefined);
    expect(await stage.place.containers(undefined, 'served')).toEqual([]);
  });

  it('a server that cannot be reached is a warning, and no failure', async () => {
    const engine = await openUsual();
    const info = { ...engine.info, place: 'remote' as const, address: 'tcp://far:1' };
    const place = await openDocker({ engine: { ...engine, info } });
    const script = '# /oscar/config/script.sh\nexec httpd -f -p 8080';
    const service = small({ name: 'far', script, expose: { api_port: [8080] } });
    expect(await place.executor.deploy(service)).toEqual([expect.stringMatching(/^far cannot be exposed: .*tcp:/)]);
    expect(await place.executor.observe()).toMatchObject([{ service: 'far', state: 'ready' }]);
    await place.close();
  });

  it('the version that was saved last serves, also when its image changes meanwhile', async () => {
    const engine = await openUsual();
    const image = makeImage(['ENV GENERATION=1']);
    const gate = Promise.withResolvers<void>();
    const looks = Promise.withResolvers<void>();
    let closed = false;
    const has: typeof engine.has = async (...all) => {
      if (closed) {
        looks.resolve();
        await gate.promise;
      }
      return engine.has(...all);
    };
    const place = await openDocker({ engine: { ...engine, has } });
    const version = (of: string, said: string) =>
      small({ name: 'web', image: of, script: serving(`echo ${said} >index.html`), expose: { api_port: [8080] } });
    const found = async () => (await place.executor.observe()).find(({ service }) => service === 'web');
    // So that the image of the newest version is known by then.
    await place.executor.deploy(small({ name: 'other', script: 'true' }));
    await place.executor.deploy(version(image, 'old'));
    await expect.poll(async () => (await found())?.state).toBe('ready');

    closed = true;
    makeImage(['ENV GENERATION=2'], image);
    await looks.promise;
    const newest = { ...version('busybox', 'new'), fingerprint: 'newest' };
    let isDeployed = false;
    const deploying = place.executor.deploy(newest).then(() => {
      isDeployed = true;
    });
    // It would be served by then, if it did not wait for its turn.
    for (let looks = 0; looks < 400 && !isDeployed; looks++) await found();
    gate.resolve();
    await deploying;
    await expect
      .poll(async () => (await fetch(`${(await found())?.addresses?.[0]}/`)).text(), { timeout: 20_000 })
      .toBe('new\n');
    expect(await found()).toMatchObject({ fingerprint: 'newest' });
    // Nothing took its place on the way: the first, the first with its new image, and this one.
    const names = (await place.containers('exposed', 'web')).map(({ name }) => name.replace(/.*-web-/, ''));
    expect(Math.max(...names.map(Number))).toBe(3);
    await place.close();
  });

  it('a deployment brings nothing of a mount here, and the next start what was left in it', async () => {
    const service = small({ name: 'left', script: 'true', mount: { storage_provider: 'minio', path: 'out/left' } });
    const buckets = createFakeBuckets();
    await buckets.create('out', {});
    await buckets.put('out', 'left/large', { bytes: Buffer.from('large') }, {});
    const fetched: string[] = [];
    const watched: typeof buckets = {
      ...buckets,
      fetch: (from, file) => {
        fetched.push(from.key);
        return buckets.fetch(from, file);
      },
    };
    const first = await openDocker({ buckets: watched });
    await first.executor.deploy(service);
    await first.executor.close();
    expect(fetched).toEqual([]);

    const hash = createHash('sha256').update('out/left').digest('hex').slice(0, 8);
    const copy = join(first.folder, 'mounts', `left-${hash}`);
    await mkdir(copy, { recursive: true });
    await writeFile(join(copy, 'result'), 'of the last run');
    const said: string[] = [];
    const strange = join(first.folder, 'mounts', 'nobody-12345678');
    await mkdir(strange);
    await writeFile(join(strange, 'file'), '');
    const log = { ...silent, warn: (line: string) => void said.push(line) };
    const next = await openDocker({ folder: first.folder, buckets: watched, declared: () => [service], log });
    await expect.poll(() => buckets.stored('out', 'left/result')?.content.toString()).toBe('of the last run');
    await expect.poll(() => said).toEqual([expect.stringContaining('no service has any more')]);
    await next.close();
  });
});
