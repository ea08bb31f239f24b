import { afterAll, beforeAll, expect, it } from 'vitest';
import { dataId } from '../../src/daemon/files.ts';
import { describeWith } from '../clients/installed.ts';
import { carrying } from '../docker.ts';
import { type Program, startProgram } from '../program.ts';

const web = {
  name: 'web',
  image: 'busybox',
  script: '#!/bin/sh\nmkdir /tmp/www && cd /tmp/www\necho hello > index.html\necho serving\nexec httpd -f -p 8080\n',
  expose: { api_port: [8080], min_scale: 1, max_scale: 1 },
};
const plain = { name: 'plain', image: 'busybox', script: '#!/bin/sh\necho said\n' };
const missing = { name: 'missing', image: '127.0.0.1:1/nobody/has-this', script: '#!/bin/sh\necho\n' };

describeWith('docker', () => {
  let program: Program;
  beforeAll(async () => {
    program = await startProgram({ executor: 'docker' });
    for (const service of [web, plain, missing]) await send('POST', service);
  });
  afterAll(() => program?.stop());

  const send = async (method: string, service: object) =>
    (await program.call('/system/services', { method, body: JSON.stringify(service) })).status;
  const ask = async (path: string, method = 'GET') => {
    const answer = await program.call(path, { method });
    return { status: answer.status, text: await answer.text() };
  };
  const deployment = async (name: string) => JSON.parse((await ask(`/system/services/${name}/deployment`)).text);
  const visit = async () => (await ask('/system/services/web/exposed/')).text.trim();
  const steer = async (what: string) => JSON.parse((await ask(`/system/services/web/${what}`, 'POST')).text);
  const servers = () =>
    carrying(`oscar-sandbox.data=${dataId(program.dataDir)}`).filter((line) => line.includes('-exposed-web-'));

  it('an exposed service stops and starts, also over a restart of the sandbox', async () => {
    await expect.poll(visit).toBe('hello');
    expect(await deployment('web')).toMatchObject({ state: 'ready', active_instances: 1, affected_instances: 0 });
    expect(await steer('stop')).toMatchObject({ state: 'stopped', reason: 'Deployment is stopped.' });
    expect(await visit()).toBe('web is stopped. POST /system/services/web/start starts it.');
    await expect.poll(servers).toEqual([]);
    expect(await deployment('web')).toMatchObject({ state: 'stopped', active_instances: 0 });

    const again = await program.command(['down']);
    expect(again.code).toBe(0);
    program = await startProgram({ executor: 'docker', dataDir: program.dataDir });
    await expect.poll(async () => (await deployment('plain')).state).toBe('ready');
    expect(await deployment('web')).toMatchObject({ state: 'stopped', active_instances: 0 });
    expect([await visit(), servers()]).toEqual(['web is stopped. POST /system/services/web/start starts it.', []]);
    expect((await program.command(['services'])).stdout).toMatch(/^web +stopped +busybox/m);

    expect(['pending', 'ready']).toContain((await steer('start')).state);
    await expect.poll(visit).toBe('hello');
  });

  it('a restart has other instances, and no request fails meanwhile', async () => {
    await expect.poll(visit).toBe('hello');
    const before = servers();
    const said = new Set<string>();
    await steer('restart');
    await expect
      .poll(async () => {
        said.add(await visit());
        return servers().some((one) => before.includes(one));
      })
      .toBe(false);
    expect([...said]).toEqual(['hello']);
    expect(servers()).toHaveLength(1);
  });

  it('a new definition starts what was stopped', async () => {
    await steer('stop');
    expect(await send('PUT', { ...web, script: web.script.replace('hello', 'hello again') })).toBe(204);
    await expect.poll(visit).toBe('hello again');
  });

  it('what servers and calls print is read, with its time', async () => {
    const logs = async (name: string) =>
      JSON.parse((await ask(`/system/services/${name}/deployment/logs?timestamps=true`)).text);
    const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    await expect
      .poll(() => logs('web'))
      .toMatchObject({ available: true, entries: [{ timestamp, message: 'serving' }] });
    expect(await logs('plain')).toMatchObject({ available: false, entries: [] });
    expect((await ask('/run/plain', 'POST')).text.trim()).toBe('said');
    expect(await logs('plain')).toEqual({
      service_name: 'plain',
      available: true,
      entries: [{ timestamp, message: 'said' }],
    });
  });

  it('a service whose image nobody has says why it does not run', async () => {
    await expect.poll(async () => (await deployment('missing')).state).toBe('failed');
    expect(await deployment('missing')).toMatchObject({
      reason: expect.stringContaining('127.0.0.1:1'),
      active_instances: 0,
      resource_kind: 'knative_service',
    });
  });
});
