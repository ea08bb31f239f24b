import { describe, expect, it } from 'vitest';
import { declared } from '../fakes/definitions.ts';
import type { Says } from '../fakes/member.ts';
import { cluster, delegateWith, endpoint, replica, useMembers } from './members.ts';
import { body, outcome, until } from './scene.ts';

const { scene, letGo, start, member, federate, occupy, ran } = useMembers();

describe('a job whose member says nothing', () => {
  it.each<[what: string, says: [number, string?]]>([
    ['a 409', [409]],
    ['the words of Kubernetes', [500, 'jobs.batch "ID" already exists']],
  ])('is asked about again, and is taken when it is there already (%s)', async (_, [status, text = '']) => {
    const there = await member(({ headers }, count) =>
      count === 1 ? 'nothing' : [status, text.replace('ID', String(headers['x-delegated-job-id']))],
    );
    const other = await member(() => [201]);
    const clusters = { b: cluster(there.url), c: cluster(other.url) };
    const service = await federate({ members: [replica('b'), replica('c', { priority: 2 })], clusters });
    await occupy();
    const job = await scene.invoke.job(service, body('x'), {});
    expect((await scene.end(job.id)).reason).toContain('b-demo on b');
    expect([there.heard.length, other.heard.length, ran()]).toEqual([2, 0, ['filler']]);
  });

  it.each([
    ['a restart', true],
    ['one that delegates nothing any more', false],
  ])('runs neither here nor elsewhere as long as that is not known, also after %s', async (_, atOnce) => {
    let knows = false;
    const there = await member(() => (knows ? [409] : 'nothing'));
    const other = await member(() => [201]);
    const clusters = { b: cluster(there.url), c: cluster(other.url) };
    const service = await federate({ members: [replica('b'), replica('c', { priority: 2 })], clusters });
    await occupy();
    const job = await scene.invoke.job(service, body('x'), {});
    await until(() => there.heard.length === 3);
    letGo();
    await scene.invoke.close(async () => undefined);
    knows = true;
    await start(1, { atOnce });
    expect((await scene.end(job.id)).reason).toContain('b-demo on b');
    expect([there.heard.length, other.heard.length, ran()]).toEqual([4, 0, ['filler']]);
  });

  it('fails, to be replayed, when that is an endpoint, which knows no jobs', async () => {
    const there = await member(() => 'nothing');
    const service = await federate({ members: [endpoint(there.url)] });
    await occupy();
    const job = await scene.invoke.job(service, body('x'), {});
    expect(await scene.end(job.id)).toMatchObject({
      state: 'Failed',
      reason: `It is not known whether ${there.url} has run it: socket hang up. Replay it to run it here.`,
    });
    expect(there.heard).toHaveLength(1);
  });
});

describe('the member', () => {
  const status = (free: number, most = free) =>
    JSON.stringify({
      cluster: {
        metrics: {
          cpu: { total_free_cores: free, max_free_on_node_cores: most },
          memory: { total_free_bytes: 2 ** 32, max_free_on_node_bytes: 2 ** 32 },
        },
        nodes: [{ cpu: { capacity_cores: 4000 }, memory: { capacity_bytes: 2 ** 33 } }],
      },
    });
  const busy =
    (room: string | undefined): Says =>
    ({ path }) =>
      path === '/system/status' ? [room ? 200 : 404, room] : [503];
  const order = async (delegation: string, { rooms, draws }: { rooms: (string | undefined)[]; draws: number[] }) => {
    const members = await Promise.all(rooms.map((room) => member(busy(room))));
    const names = ['a', 'b', 'c', 'd'].slice(0, rooms.length);
    const clusters = Object.fromEntries(names.map((name, index) => [name, cluster(members[index]?.url ?? '')]));
    const service = await federate({ members: names.map((name) => replica(name)), clusters, delegation });
    const chosen = await delegateWith(draws).order(service, new AbortController().signal);
    return chosen.map(({ cluster_id }) => cluster_id).join('');
  };

  it.each<[delegation: string, rooms: (string | undefined)[], chosen: string]>([
    ['static', [status(1000), status(3000), undefined], 'abc'],
    ['', [status(1000), status(3000)], 'ab'],
    ['load-based', [status(1000), status(3000), undefined, status(2000)], 'bdac'],
    ['topsis', [status(1000), status(3000), undefined, status(2000)], 'bdac'],
    ['load-based', [status(3000, 100), status(1000)], 'b'],
    ['random', [status(1000), status(3000), undefined], 'cab'],
    ['random', [status(1000), status(3000, 100), undefined], 'ca'],
  ])('of a service with delegation "%s" is chosen so: %j', async (delegation, rooms, chosen) => {
    const draws = chosen.length === 2 ? [0.5, 0.1] : [0.5, 0.9, 0.1];
    expect(await order(delegation, { rooms, draws })).toBe(chosen);
  });
});

describe('a job that goes for another reason', () => {
  it('has waited for as long as its service says', async () => {
    const there = await member(() => [200]);
    const federation = { members: [endpoint(there.url)], topology: 'star', rescheduler_threshold: 5 };
    const service = await scene.store.services.save(declared({ federation }));
    await occupy({ atOnce: false, late: true });
    const job = await scene.invoke.job(service, body('x'), {});
    scene.invoke.wake();
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(there.heard).toEqual([]);
    scene.clock += 5_000;
    scene.invoke.wake();
    expect((await scene.end(job.id)).state).toBe('Succeeded');
    expect(there.heard).toHaveLength(1);
  });

  it.each([
    ['taken: it is gone', 200, 'Succeeded', 0],
    ['not taken: it runs here, and its executor says what is missing', 500, 'Succeeded', 1],
  ])('asks for more than this machine has; %s', async (_, answer, state, attempt) => {
    const there = await member(() => [answer]);
    const service = await federate({ members: [endpoint(there.url)], more: { cpu: '64' } });
    scene.run = async (task) => {
      scene.tasks.push(task);
      return outcome();
    };
    await start(1);
    const job = await scene.invoke.job(service, body('x'), {});
    expect(await scene.end(job.id)).toMatchObject({ state, attempt });
    expect([there.heard.length, scene.tasks.length]).toEqual([1, attempt]);
  });
});
