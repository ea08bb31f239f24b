import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createMounts,
  type Mounts,
  type MountsOptions,
  mountFault,
  mountTarget,
} from '../../../src/executors/mounts/mounts.ts';
import type { Buckets } from '../../../src/objects/buckets.ts';
import { declared } from '../../fakes/definitions.ts';
import { bucket, createGround, type Ground } from './ground.ts';

let ground: Ground;
let mounts: Mounts;
let base: string;
const opened: Mounts[] = [];
beforeEach(async () => {
  ground = await createGround();
  base = join(ground.home, 'mounts');
  mounts = create();
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  await ground.close();
});

const create = (options: Partial<MountsOptions> = {}) => {
  const made = createMounts({
    buckets: ground.buckets,
    base,
    idleMs: 2 ** 30,
    now: Date.now,
    log: ground.log,
    ...options,
  });
  opened.push(made);
  return made;
};

const service = (name = 'viewer', path = `${bucket}/data`, provider = 'minio.default') =>
  declared({ name, mount: { storage_provider: provider, path } });

const copies = () => (existsSync(base) ? readdirSync(base) : []);
const gone = { timeout: 10_000, interval: 10 };

describe('the mount of a service', () => {
  it('is one folder for all who use it at the same time, closed to everybody else', async () => {
    await ground.put('a', 'a');
    const [one, two] = [mounts.acquire(service()), mounts.acquire(service())];
    await Promise.all([one.ready, two.ready]);
    expect(one.folder).toBe(two.folder);
    expect(statSync(base).mode & 0o777).toBe(0o700);
    expect(readdirSync(one.folder)).toEqual(['a']);
    writeFileSync(join(one.folder, 'b'), 'b');
    await one.release();
    expect(await ground.objects()).toEqual({ a: 'a', b: 'b' });
    writeFileSync(join(two.folder, 'c'), 'c');
    await two.flush();
    expect(await ground.objects()).toEqual({ a: 'a', b: 'b', c: 'c' });
    await two.release();
  });

  it('stays warm after its last use, and has what came meanwhile when it is used again', async () => {
    const first = mounts.acquire(service());
    await first.ready;
    await first.release();
    await first.release();
    expect(copies()).toContain(first.folder.slice(base.length + 1));
    await ground.put('later', 'later');
    const second = mounts.acquire(service());
    await second.ready;
    expect(readdirSync(second.folder)).toEqual(['later']);
    await second.release();
  });

  it('shows a user who comes later what is in the bucket by then', async () => {
    const first = mounts.acquire(service());
    await first.ready;
    await ground.put('event', 'of the second run');
    const second = mounts.acquire(service());
    await second.ready;
    expect(readdirSync(second.folder)).toEqual(['event']);
    await Promise.all([first.release(), second.release()]);
  });

  it('goes after an idle while, once it is in the bucket; the next user gets all of it anew', async () => {
    const idle = create({ idleMs: 1 });
    const lease = idle.acquire(service());
    await lease.ready;
    writeFileSync(join(lease.folder, 'result'), 'kept');
    symlinkSync('result', join(lease.folder, 'link'));
    await lease.release();
    await expect.poll(copies, gone).toEqual([]);
    const again = idle.acquire(service());
    await again.ready;
    expect(readdirSync(again.folder)).toEqual(['result']);
    await again.release();
  });

  it('stays while something in it is not in the bucket, and comes in order when the store is back', async () => {
    let away = false;
    const put: Buckets['put'] = async (...asked) => {
      if (away) throw new Error('the store is away');
      return ground.buckets.put(...asked);
    };
    const idle = create({ idleMs: 1, buckets: { ...ground.buckets, put } });
    const lease = idle.acquire(service());
    await lease.ready;
    away = true;
    writeFileSync(join(lease.folder, 'result'), 'precious');
    await expect(lease.release()).rejects.toThrow('the store is away');
    const kept = () => ground.said.some((line) => line.includes('the copy of a mount stays'));
    await expect.poll(kept, gone).toBe(true);
    expect(readdirSync(lease.folder)).toEqual(['result']);
    away = false;
    const again = idle.acquire(service());
    await again.release();
    expect(await ground.objects()).toEqual({ result: 'precious' });
    await expect.poll(copies, gone).toEqual([]);
  });

  it('is another folder for another service, and for another place in the store', async () => {
    await ground.buckets.create('second', {});
    const asked = [service(), service('other'), service('viewer', 'second'), service('viewer', bucket)];
    const leases = asked.map((one) => mounts.acquire(one));
    await Promise.all(leases.map((lease) => lease.ready));
    expect(new Set(leases.map((lease) => lease.folder)).size).toBe(4);
    writeFileSync(join(leases[2]?.folder ?? '', 'top'), 'whole bucket');
    await Promise.all(leases.map((lease) => lease.release()));
    const { objects } = await ground.buckets.objects('second', { limit: 9 });
    expect(objects.map(({ key }) => key)).toEqual(['top']);
  });

  it('cannot be made of another storage', () => {
    const foreign = service('viewer', 'photos', 'webdav.mine');
    const sentence = 'viewer mounts photos of webdav.mine, which cannot be mounted here.';
    expect(mountFault(foreign.definition)).toBe(sentence);
    expect(mountFault(service().definition)).toBeUndefined();
    expect(() => mounts.acquire(foreign)).toThrow(
      expect.objectContaining({
        code: 'unavailable',
        message: sentence,
        hint: expect.stringContaining('minio.default'),
      }),
    );
  });

  it('is where OSCAR has it, and nowhere else', () => {
    expect(mountTarget(service().definition)).toBe('/mnt/mounted/data');
    expect(mountTarget(service('viewer', 'mounted').definition)).toBe('/mnt/mounted');
    expect(mountTarget(service('viewer', 'mounted/../../etc').definition)).toBe('/mnt/etc');
    expect(mountFault(service('viewer', 'mounted/a:b').definition)).toContain('cannot have “:”');
  });

  it('has what came into the bucket between two runs of a container that stays', async () => {
    const lease = mounts.acquire(service());
    await lease.ready;
    await ground.put('event', 'of the second run');
    await lease.refresh();
    expect(readdirSync(lease.folder)).toEqual(['event']);
    await lease.release();
  });

  it('is not ready when its bucket is missing, and is when the bucket has come', async () => {
    const lease = mounts.acquire(service('viewer', 'no-such-bucket'));
    await expect(lease.ready).rejects.toMatchObject({ code: 'not-found' });
    await expect(lease.release()).rejects.toMatchObject({ code: 'not-found' });
    await ground.buckets.create('no-such-bucket', {});
    const again = mounts.acquire(service('viewer', 'no-such-bucket'));
    await again.ready;
    await again.release();
  });
});

describe('the end of the sandbox', () => {
  it('brings everything into the buckets and leaves no copy, also of mounts in use', async () => {
    const lease = mounts.acquire(service());
    await lease.ready;
    writeFileSync(join(lease.folder, 'last'), 'words');
    await mounts.close();
    expect(await ground.objects()).toEqual({ last: 'words' });
    expect(copies()).toEqual([]);
  });

  it('when it is a bad one: the next start brings what was left into the bucket', async () => {
    const lease = mounts.acquire(service());
    await lease.ready;
    writeFileSync(join(lease.folder, 'left'), 'behind');
    const strange = join(base, 'removed-12345678');
    mkdirSync(strange);
    writeFileSync(join(strange, 'file'), 'of a service that is gone');
    mkdirSync(join(base, 'empty-12345678'));
    // Nothing of the first sandbox's memory is used here.
    const next = create({ idleMs: 1 });
    await next.recover([service(), service('other')]);
    expect(await ground.objects()).toEqual({ left: 'behind' });
    await expect.poll(copies, gone).toEqual(['removed-12345678']);
    expect(ground.said.filter((line) => line.includes('no service has any more'))).toHaveLength(1);
  });
});
