import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine.ts';
import { describeWith } from '../../clients/installed.ts';
import { docker } from '../../docker.ts';
import { ask, createGround, deploy, type Ground, isReady, seen, server, serving } from './exposedground.ts';

describeWith('docker', () => {
  let ground: Ground;
  beforeEach(async () => {
    ground = await createGround();
  });
  afterEach(async () => {
    await ground.close();
    for (const image of images.splice(0)) docker('rmi', '--force', image);
  });

  const images: string[] = [];
  /** An image made of another's files, or of one of its programs alone. */
  const made = (change: string[], only?: string): string => {
    const id = docker('create', 'busybox', 'sh');
    const from = only ? `docker cp ${id}:${only} -` : `docker export ${id}`;
    const name = `oscar-sandbox-test/exposed-${id.slice(0, 12)}`;
    const changes = change.map((one) => `--change '${one}'`).join(' ');
    execFileSync('/bin/sh', ['-c', `${from} | docker import ${changes} - ${name}`], { stdio: 'pipe' });
    docker('rm', id);
    images.push(name);
    return name;
  };
  const deployed = (service = server(), times = {}, more = {}) => ground.deployed(service, times, more);
  const inspected = async (): Promise<string> => {
    const [container] = await ground.containers();
    return docker('inspect', container?.id ?? '');
  };

  it('a server is reached on this machine alone, and keeps its secrets to itself', async () => {
    const service = server();
    const exposed = await deployed(service);
    const found = await seen(exposed, isReady);
    expect(await ask(found)).toBe("it's hidden from /system/services/web/exposed");
    expect(found).toMatchObject({ instances: 1, lines: [{ text: 'starting' }], fingerprint: service.fingerprint });
    const [container] = await ground.containers();
    expect(container?.name).toBe(`${ground.marks.name()}-exposed-web-1`);
    const details = await inspected();
    expect(details).not.toContain('hidden');
    expect(details).not.toContain(service.definition.token);
    expect(details).toContain('"HostIp": "127.0.0.1"');
    expect(details).toContain('"no-new-privileges"');
    const parent = join(ground.folder, 'exposed');
    const [folder = ''] = readdirSync(parent);
    expect(statSync(parent).mode & 0o777).toBe(0o700);
    expect(statSync(join(parent, folder, 'config', 'environment')).mode & 0o777).toBe(0o600);
    expect(statSync(join(parent, folder, 'config', 'script.sh')).mode & 0o777).toBe(0o777);
  });

  it('a user without rights reads the variables too', async () => {
    const exposed = await deployed(server({ image: made(['USER 1000']) }));
    expect(await ask(await seen(exposed, isReady))).toMatch(/^it's hidden/);
  });

  it('a script is run by its first line, or by the shell where it has none', async () => {
    const awk = `#!/bin/awk -f\nBEGIN { system("mkdir -p /tmp/www; echo by awk > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www") }\n`;
    const exposed = await deployed(server({ script: awk, name: 'awk' }));
    expect(await ask(await seen(exposed, isReady, 'awk'))).toBe('by awk');
    await deploy(
      ground.engine,
      exposed,
      server({ script: serving('echo bare > index.html').replace('#!/bin/sh\n', '') }),
    );
    expect(await ask(await seen(exposed, isReady))).toBe('bare');
  });

  it('files come by copy where folders cannot be mounted', async () => {
    const exposed = await deployed(server(), {}, { mountable: async () => false });
    expect(await ask(await seen(exposed, isReady))).toMatch(/^it's hidden/);
    expect(await inspected()).not.toContain(ground.folder);
    await exposed.withdraw('web');
    const copyIn = () => Promise.reject(new Error('the disk is full'));
    const engine = { ...ground.engine, copyIn };
    await expect(deployed(server(), {}, { engine, mountable: async () => false })).rejects.toThrow('the disk is full');
    expect(await ground.containers()).toEqual([]);
  });

  it('an image runs its own command with default_command, with a shell and without', async () => {
    const command = 'mkdir -p /tmp/www && echo own $SECRET > /tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www';
    const image = made([`ENTRYPOINT ["/bin/sh", "-c"]`, `CMD ["${command}"]`]);
    const exposed = await deployed(server({ image, expose: { default_command: true } }));
    expect(await ask(await seen(exposed, isReady))).toBe('own hidden');
    expect(await inspected()).not.toContain('hidden');

    const bare = made(['CMD ["/busybox", "httpd", "-f", "-p", "8080", "-h", "/"]'], '/bin/busybox');
    const health_path = '/busybox';
    const service = server({ name: 'bare', image: bare, expose: { default_command: true, health_path } });
    await deploy(ground.engine, exposed, service);
    expect(await ask(await seen(exposed, isReady, 'bare'), '/no')).toContain('404');

    const none = made([]);
    const wrong = server({ name: 'none', image: none, expose: { default_command: true } });
    await expect(deploy(ground.engine, exposed, wrong)).rejects.toThrow('has no command of its own');
    expect((await ground.containers()).filter(({ name }) => name.includes('-none-'))).toEqual([]);
  });

  it('one that is not well says what it answers, and is ready when it is well', async () => {
    const exposed = await deployed(server({ expose: { health_path: 'health' } }));
    const bad = await seen(exposed, ({ reason }) => reason?.includes('404') ?? false);
    expect(bad).toMatchObject({ state: 'pending', reason: '/health answers 404 on port 8080.', addresses: [] });
    const [container] = await ground.containers();
    docker('exec', container?.id ?? '', 'touch', '/tmp/www/health');
    await seen(exposed, isReady);
    docker('exec', container?.id ?? '', 'rm', '/tmp/www/health');
    expect(await seen(exposed, ({ state }) => state === 'failed')).toMatchObject({ addresses: [] });
  });

  it('one that is unwell for long is started anew', async () => {
    const script = serving('[ -e /tmp/again ] || touch /tmp/again health');
    const exposed = await deployed(server({ script, expose: { health_path: '/health' } }), { deadMs: 500 });
    await seen(exposed, isReady);
    const [container] = await ground.containers();
    const before = (await ground.engine.inspect(container?.id ?? ''))?.startedAt ?? 0;
    docker('exec', container?.id ?? '', 'sh', '-c', 'rm /tmp/www/health /tmp/again');
    await seen(exposed, ({ state }) => state === 'failed');
    await seen(exposed, isReady);
    expect((await ground.engine.inspect(container?.id ?? ''))?.startedAt).toBeGreaterThan(before);
  });

  it('one that ends at once says how, and what it last printed', async () => {
    const exposed = await deployed(server({ script: '#!/bin/sh\necho no port given >&2\nexit 7\n' }));
    const failed = await seen(exposed, ({ reason }) => /for the \d+\w\w time.* printed/.test(reason ?? ''));
    expect(failed.state).toBe('failed');
    expect(failed.reason).toMatch(
      /^It ended for the \d+\w\w time: its exit code is 7, and the last .* “no port given”\.$/,
    );
  });

  it('one that somebody killed or stopped is started again, and one that somebody removed is made anew', async () => {
    const exposed = await deployed();
    await seen(exposed, isReady);
    const [first] = await ground.containers();
    for (const command of [['kill'], ['stop', '--time', '0'], ['rm', '--force']]) {
      docker(...command, first?.id ?? '');
      await seen(exposed, ({ addresses }) => addresses?.length === 0);
      await seen(exposed, isReady);
    }
    const [second] = await ground.containers();
    expect(second?.id).not.toBe(first?.id);
  });

  it.each([1, 3])(
    'one of at most %i that was lost, and could not be made anew at once, comes back',
    async (max_scale) => {
      let failures = 0;
      const create: Engine['create'] = (...all) =>
        failures-- > 0 ? Promise.reject(new Error('the disk is full')) : ground.engine.create(...all);
      const service = server({ expose: { max_scale } });
      const exposed = await deployed(service, {}, { engine: { ...ground.engine, create } });
      await seen(exposed, isReady);
      const [container] = await ground.containers();
      failures = 1;
      docker('rm', '--force', container?.id ?? '');
      await seen(exposed, ({ instances }) => instances === 0);
      await seen(exposed, isReady);
    },
  );

  it('there are as many instances as the work needs', async () => {
    const busy = serving('touch index.html; (while :; do :; done) &');
    const expose = { min_scale: 1, max_scale: 2, cpu_threshold: 50 };
    const exposed = await deployed(server({ script: busy, cpu: '0.1', expose }));
    const two = await seen(exposed, ({ addresses }) => addresses?.length === 2);
    expect(two).toMatchObject({ state: 'ready', instances: 2 });
  });

  it('nothing stays of what is withdrawn, nor when the sandbox ends', async () => {
    const exposed = await deployed();
    await deploy(ground.engine, exposed, server({ name: 'other' }));
    await exposed.withdraw('web');
    expect((await ground.containers()).map(({ name }) => name)).toEqual([`${ground.marks.name()}-exposed-other-1`]);
    await exposed.withdraw('nobody');
    await exposed.close();
    expect(await ground.containers()).toEqual([]);
    expect(readdirSync(ground.folder)).toEqual([]);
  });

  it('an engine on another machine is refused in a sentence', async () => {
    const engine = {
      ...ground.engine,
      info: { ...ground.engine.info, place: 'remote' as const, address: 'tcp://far:1' },
    };
    await expect(deployed(server(), {}, { engine })).rejects.toThrow(
      /^web cannot be exposed: Docker runs at tcp:\/\/far:1/,
    );
  });
});
