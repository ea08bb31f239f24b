import { describe, expect, it } from 'vitest';
import type { ObjectEvent } from '../../src/model/event.ts';
import { declared } from '../fakes/definitions.ts';
import { cluster, endpoint, replica, useMembers, wrapper } from './members.ts';
import { body, cut, until } from './scene.ts';

const { scene, letGo, start, member, federate, occupy, ran } = useMembers();

describe('a job that finds no free place', () => {
  it('goes to the first member, with its name, where it comes from, and what it was called with', async () => {
    const there = await member(() => [201]);
    const members = [replica('b', { headers: { 'X-Mine': 'yes' } })];
    const service = await federate({ members, clusters: { b: cluster(`${there.url}/base/`) } });
    await occupy();
    const job = await scene.invoke.job(service, body('not JSON: é'), {});
    expect(await scene.end(job.id)).toMatchObject({ state: 'Succeeded', attempt: 0, startedAt: undefined });
    const [asked, ...more] = there.heard;
    expect(more).toEqual([]);
    expect([asked?.method, asked?.path]).toEqual(['POST', '/base/job/b-demo']);
    expect(asked?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('me:secret').toString('base64')}`,
      'content-type': 'application/json',
      'x-delegated-job-id': job.id,
      'x-delegated-from': 'home',
      'x-mine': 'yes',
    });
    expect(wrapper(asked?.body)).toEqual({ storage_provider: 'minio.home', event: 'not JSON: é' });
    expect(ran()).toEqual(['filler']);
    expect(await scene.log(job.id)).toEqual([
      '[sandbox] It was delegated to b-demo on b: what becomes of it is told there, by the same name.',
    ]);
  });

  it.each<[what: string, sent: Buffer, event: string]>([
    ['JSON', Buffer.from('{"a":1}'), '{"a":1}'],
    ['nothing', Buffer.from(''), ''],
    ['bytes that are no text', Buffer.from([0, 255, 1]), 'AP8B'],
    ['what is wrapped already', Buffer.from('{"storage_provider":"minio.x","event":"e"}'), 'e'],
    ['an object that is wrapped already', Buffer.from('{"storage_provider":"minio.x","event":{"a":1}}'), '{"a":1}'],
  ])('with %s goes to an endpoint as a text in a wrapper, never in two', async (_, bytes, event) => {
    const there = await member(() => [200]);
    const service = await federate({ members: [endpoint(`${there.url}/take?it=1`)] });
    await occupy();
    const job = await scene.invoke.job(service, { bytes }, {});
    await scene.end(job.id);
    expect(there.heard.map(({ path }) => path)).toEqual(['/take?it=1']);
    expect(wrapper(there.heard[0]?.body).event).toBe(event);
  });

  it('goes to the next member when one is away, does not want it or is on no cluster, in the order of priorities', async () => {
    const [refusing, taking] = [await member(() => [403]), await member(() => [201])];
    const service = await federate({
      members: [
        replica('taking', { priority: 9 }),
        replica('refusing', { priority: 3 }),
        replica('away', { priority: 2 }),
        replica('nowhere', { priority: 1 }),
        replica('never', { priority: 101 }),
      ],
      clusters: {
        away: cluster('http://127.0.0.1:1'),
        refusing: cluster(refusing.url),
        taking: cluster(taking.url),
        never: cluster(taking.url),
      },
    });
    await occupy();
    const job = await scene.invoke.job(service, body('x'), {});
    expect((await scene.end(job.id)).reason).toContain('taking-demo on taking');
    expect([refusing.heard.length, taking.heard.map(({ path }) => path)]).toEqual([1, ['/job/taking-demo']]);
  });

  it('waits when no member takes it, says why, and runs here', async () => {
    const there = await member(() => [500, 'no']);
    const service = await federate({ members: [replica('b'), endpoint(there.url)], clusters: {} });
    await occupy();
    const job = await scene.invoke.job(service, body('x'), {});
    await until(() => there.heard.length === 1);
    letGo();
    await until(() => scene.tasks.length === 2);
    letGo();
    expect(await scene.end(job.id)).toMatchObject({ state: 'Succeeded', attempt: 1, exitCode: 0 });
    expect(await scene.log(job.id)).toEqual([
      `[sandbox] No member of the federation took it (b-demo on b: cluster "b" not defined; ${there.url}: it answered 500): it waits here.`,
    ]);
  });

  it('stays when a free place is there, and a service without members waits', async () => {
    const there = await member(() => [201]);
    const service = await federate({ members: [endpoint(there.url)] });
    await start(2);
    const plain = await scene.store.services.save(declared({ name: 'plain' }));
    await scene.invoke.job(service, body('x'), {});
    await until(() => scene.tasks.length === 1);
    expect([ran(), there.heard]).toEqual([['demo'], []]);
    await scene.invoke.job(plain, body('x'), {});
    await until(() => scene.tasks.length === 2);
    const waits = await scene.invoke.job(plain, body('x'), {});
    expect(scene.store.invocations.get(waits.id)?.state).toBe('Pending');
  });

  it.each<[why: string, more: object]>([
    ['came from another cluster', { cameFrom: 'b' }],
    ['is a replay', { replayOf: 'demo-before' }],
    ['is about a file here, to which the members have no keys', { eventId: 'e' }],
  ])('stays when it %s', async (_, more) => {
    const there = await member(() => [200]);
    const service = await federate({ members: [endpoint(there.url)] });
    await occupy();
    await scene.store.invocations.add({ ...cut(), ...more }, body('x'));
    const other = await scene.invoke.job(service, body('other'), {});
    await scene.end(other.id);
    expect(there.heard.map((heard) => wrapper(heard.body).event)).toEqual(['other']);
    expect(scene.store.invocations.get('demo-cut')?.state).toBe('Pending');
  });

  it('about a file here goes when the definition has keys for the members', async () => {
    const there = await member(() => [200]);
    const home = { endpoint: 'http://h', verify: false, access_key: 'k', secret_key: 's', region: 'r' };
    await federate({ members: [endpoint(there.url)], more: { storage_providers: { minio: { home } } } });
    const event = { id: 'e', key: 'in/file' } as ObjectEvent;
    scene.store.events.get = (id) => (id === 'e' ? event : undefined);
    await occupy();
    await scene.store.invocations.add({ ...cut(), eventId: 'e' });
    scene.invoke.wake();
    await scene.end('demo-cut');
    expect(wrapper(there.heard[0]?.body)).toEqual({ storage_provider: 'minio.home', event: 'in/file' });
  });

  it('asks for the token that its service has there, where names and passwords are not taken', async () => {
    const there = await member(({ path, headers }) => {
      if (path === '/system/services/b-demo') return [200, JSON.stringify({ token: 'theirs' })];
      return [headers.authorization === 'Bearer theirs' ? 201 : 401];
    });
    const service = await federate({ members: [replica('b')], clusters: { b: cluster(there.url) } });
    await occupy();
    for (const text of ['one', 'two']) await scene.end((await scene.invoke.job(service, body(text), {})).id);
    expect(
      there.heard.map(({ method, path, headers }) => [method, path, headers.authorization?.split(' ')[0]]),
    ).toEqual([
      ['POST', '/job/b-demo', 'Basic'],
      ['GET', '/system/services/b-demo', 'Basic'],
      ['POST', '/job/b-demo', 'Bearer'],
      ['POST', '/job/b-demo', 'Bearer'],
    ]);
  });

  it('comes with the token of the service, which a copy has too, where nobody is named', async () => {
    const there = await member(() => [201]);
    const service = await federate({ members: [replica('b')], clusters: { b: cluster(there.url, false) } });
    await occupy();
    await scene.end((await scene.invoke.job(service, body('x'), {})).id);
    expect(there.heard[0]?.headers.authorization).toBe(`Bearer ${service.definition.token}`);
  });
});
