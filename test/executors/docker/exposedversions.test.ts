import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine.ts';
import type { Deployment } from '../../../src/executors/executor.ts';
import type { Service } from '../../../src/model/service.ts';
import { describeWith } from '../../clients/installed.ts';
import { docker } from '../../docker.ts';
import { ask, createGround, deploy, type Ground, isReady, seen, server, serving } from './exposedground.ts';

describeWith('docker', () => {
  let ground: Ground;
  beforeEach(async () => {
    ground = await createGround();
  });
  afterEach(() => ground.close());
  const deployed = (service = server(), times = {}, more = {}) => ground.deployed(service, times, more);

  it('a newer version takes over when it is ready, and not before', async () => {
    const exposed = await deployed();
    await seen(exposed, isReady);
    const waits = serving('until [ -e /tmp/go ]; do sleep 0.05; done; echo new > index.html');
    await deploy(ground.engine, exposed, server({ script: waits, fingerprint: 'new' }));
    const between = await seen(
      exposed,
      ({ reason }) => reason?.includes('nobody answers') || /Nobody/.test(reason ?? ''),
    );
    expect(between).toMatchObject({ state: 'ready', fingerprint: 'new' });
    expect(await ask(between)).toMatch(/^it's/);
    const newer = (await ground.containers()).find(({ name }) => name.endsWith('-2'));
    docker('exec', newer?.id ?? '', 'touch', '/tmp/go');
    const after = await seen(exposed, ({ reason }) => reason === undefined);
    expect(await ask(after)).toBe('new');
    while (readdirSync(join(ground.folder, 'exposed')).length > 1) await ground.containers();
    expect((await ground.containers()).map(({ id }) => id)).toEqual([newer?.id]);
  });

  it('a newer version that is never ready leaves the one before it, and says why', async () => {
    const service = server();
    const exposed = await deployed(service, { startMs: 1_500 });
    await seen(exposed, isReady);
    const broken = server({ script: '#!/bin/sh\necho broken\nexit 3\n', fingerprint: 'broken' });
    await deploy(ground.engine, exposed, broken);
    const left = await seen(exposed, ({ state }) => state === 'degraded');
    expect(left.reason).toMatch(
      /^The newest version is not ready after 1.5 s, the one before it serves\. It ended.* 3/,
    );
    expect(await ask(left)).toMatch(/^it's/);
    while ((await ground.containers()).length > 1);
    await deploy(ground.engine, exposed, service);
    await seen(exposed, isReady);
  });

  it('what serves goes on serving when the sandbox dies, and is taken over by the next', async () => {
    const service = server({ expose: { max_scale: 2, min_scale: 2 } });
    await ground.leaveBehind(service);
    const before = await ground.containers();
    const next = ground.open();
    expect(await next.observe()).toMatchObject([{ service: 'web', fingerprint: '', state: 'pending', instances: 2 }]);
    await deploy(ground.engine, next, service);
    const found = await seen(next, isReady);
    expect(await ask(found)).toMatch(/^it's/);
    expect((await ground.containers()).map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort());

    await next.close();
    expect(await ground.containers()).toEqual([]);
  });

  it('what an earlier run left of another version goes', async () => {
    await ground.leaveBehind(server());
    const before = await ground.containers();
    const next = ground.open();
    await deploy(ground.engine, next, server());
    await seen(next, isReady);
    const ids = (await ground.containers()).map(({ id }) => id);
    expect(ids).toHaveLength(1);
    expect(before.map(({ id }) => id)).not.toContain(ids[0]);
  });

  it('a server writes nothing where its script is, and nothing is written through what is there', async () => {
    const target = join(ground.folder, 'target');
    writeFileSync(target, 'untouched', { mode: 0o600 });
    const service = server({
      script: serving(
        'ln -sf /etc/passwd /oscar/config/script.sh && echo replaced > index.html || echo kept > index.html',
      ),
    });
    await ground.leaveBehind(service);
    const before = await ground.containers();
    const [folder = ''] = readdirSync(join(ground.folder, 'exposed'));
    const script = join(ground.folder, 'exposed', folder, 'config', 'script.sh');
    rmSync(script);
    symlinkSync(target, script);
    const next = ground.open();
    await deploy(ground.engine, next, service);
    expect(await ask(await seen(next, isReady))).toBe('kept');
    expect((await ground.containers()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    await deploy(ground.engine, next, { ...service, fingerprint: 'between' });
    await seen(next, ({ reason }) => reason === undefined);
    await deploy(ground.engine, next, service);
    await seen(next, ({ reason }) => reason === undefined);
    expect([readFileSync(target, 'utf8'), statSync(target).mode & 0o777]).toEqual(['untouched', 0o600]);
  });

  it('a version that comes back while it goes has files of its own', async () => {
    const service = server();
    const exposed = await deployed(service, { drainMs: 1_500 });
    const alone = ({ state, reason }: Deployment) => state === 'ready' && reason === undefined;
    await seen(exposed, alone);
    const [first] = await ground.containers();
    await deploy(ground.engine, exposed, { ...service, fingerprint: 'between' });
    await seen(exposed, alone);
    await deploy(ground.engine, exposed, service);
    await seen(exposed, alone);
    while ((await ground.containers()).length > 1) await ground.containers();
    const [last] = await ground.containers();
    expect(last?.id).not.toBe(first?.id);
    while (readdirSync(join(ground.folder, 'exposed')).length > 1) await ground.containers();
    expect(docker('exec', last?.id ?? '', 'cat', '/oscar/config/environment')).toContain('hidden');
  });

  it('nothing comes back of a version that goes when its service is withdrawn', async () => {
    const released: string[] = [];
    const hold = async ({ fingerprint }: Service) => ({
      binds: [],
      release: async () => void released.push(fingerprint),
    });
    const exposed = await deployed(server({ fingerprint: 'old' }), { drainMs: 600_000 }, { hold });
    await seen(exposed, isReady);
    await deploy(ground.engine, exposed, server({ fingerprint: 'new' }));
    await seen(exposed, ({ reason }) => reason === undefined);
    expect(await ground.containers()).toHaveLength(2);
    await exposed.withdraw('web');
    expect(await ground.containers()).toEqual([]);
    expect(released.sort()).toEqual(['new', 'old']);
    expect(readdirSync(join(ground.folder, 'exposed'))).toEqual([]);
  });

  it('what an earlier run left has its mount again, and files that nobody uses go', async () => {
    const service = server();
    await ground.leaveBehind(service);
    mkdirSync(join(ground.folder, 'exposed', 'nobody'));
    const held: string[] = [];
    const hold = async ({ name }: Service) => {
      held.push(name);
      return { binds: [], release: async () => void held.pop() };
    };
    const next = ground.open({}, { hold });
    await deploy(ground.engine, next, service);
    await seen(next, isReady);
    expect(held).toEqual(['web']);
    expect(readdirSync(join(ground.folder, 'exposed'))).toHaveLength(1);
    await next.withdraw('web');
    expect(held).toEqual([]);
  });

  it('a version that could not be started is not what is here', async () => {
    let full = false;
    const create: Engine['create'] = (...all) =>
      full ? Promise.reject(new Error('the disk is full')) : ground.engine.create(...all);
    const exposed = await deployed(server({ fingerprint: 'first' }), {}, { engine: { ...ground.engine, create } });
    await seen(exposed, isReady);
    full = true;
    const newer = server({ fingerprint: 'second' });
    await expect(deploy(ground.engine, exposed, newer)).rejects.toThrow('the disk is full');
    expect(await exposed.observe()).toMatchObject([{ fingerprint: 'first', state: 'ready' }]);
  });
});
