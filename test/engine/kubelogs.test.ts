import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Cluster } from '../../src/engine/cluster.ts';
import { type ApiServer, startApiServer } from '../kind/apiserver.ts';
import { type StandInNode, setStatus, startNode } from '../kind/node.ts';
import { allow, describeWithServer, opened, openedBehind, openedByGuest } from './clusterscene.ts';

// A node of the test's own says what containers say, so that it can break off where it has to.
describeWithServer('the log of a container', () => {
  let server: ApiServer;
  let cluster: Cluster;
  const nodes: StandInNode[] = [];
  beforeAll(async () => {
    server = await startApiServer();
    cluster = await opened(server.kubeconfig);
  });
  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.close();
  });
  afterAll(async () => {
    cluster?.close();
    await server?.stop();
  });

  const at = (second: number, nano = 0) =>
    `2026-01-02T03:04:${`${second}`.padStart(2, '0')}.${`${nano}`.padStart(9, '0')}Z`;
  const said = (second: number, words: string, nano = 0) => ({ at: at(second, nano), words: `${words}\n` });

  /** A pod on a node of its own, whose only container does not run yet. */
  async function place(name: string, restartPolicy = 'Never') {
    const node = await startNode(cluster, `node-${name}`);
    nodes.push(node);
    const spec = { nodeName: node.name, restartPolicy, containers: [{ name: 'main', image: 'none' }] };
    await cluster.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec });
    const become = (state: object) =>
      setStatus(server, `/api/v1/namespaces/default/pods/${name}`, {
        containerStatuses: [{ name: 'main', state, image: 'none', imageID: '', ready: false, restartCount: 0 }],
      });
    return {
      node,
      begin: () => become({ running: { startedAt: at(0) } }),
      end: async () => {
        node.end();
        await become({ terminated: { exitCode: 0, startedAt: at(0), finishedAt: at(59) } });
      },
    };
  }

  function follow(name: string, by = cluster) {
    const lines: string[] = [];
    const end = new AbortController();
    const ended = by.logs(
      { name, namespace: 'default', container: 'main' },
      (line) => void lines.push(line),
      end.signal,
    );
    return { lines, ended, end };
  }

  it('is told from the start of the container to its end', async () => {
    const { node, begin, end } = await place('whole');
    const { lines, ended } = follow('whole');
    await begin();
    node.say(said(1, 'one'), said(2, ''), said(3, '  zwei ü €'));
    await expect.poll(() => lines).toEqual(['one', '', '  zwei ü €']);
    node.say(said(4, '2026-01-02T03:04:05Z four'), { at: at(5), words: 'unfinished' });
    await end();
    await ended;
    expect(lines.slice(3)).toEqual(['2026-01-02T03:04:05Z four', 'unfinished']);
  });

  it('is told of one that has ended before', async () => {
    const { node, begin, end } = await place('before');
    await begin();
    node.say(said(1, 'one'));
    await end();
    const { lines, ended } = follow('before');
    await ended;
    expect(lines).toEqual(['one']);
    expect(node.readings).toEqual([null]);
  });

  it('goes on after a break where it was, and tells nothing twice', async () => {
    const { node, begin, end } = await place('broken');
    const { lines, ended } = follow('broken');
    await begin();
    node.say(said(1, 'one'), said(2, 'same'), said(2, 'same'), said(2, 'later', 5));
    await expect.poll(() => lines).toHaveLength(4);
    node.interrupt(`${at(3)} hal`);
    node.say(said(2, 'same moment', 5), said(3, 'half'), said(4, 'four'));
    await expect.poll(() => lines).toEqual(['one', 'same', 'same', 'later', 'same moment', 'half', 'four']);
    expect(node.readings).toEqual([null, '2026-01-02T03:04:02Z']);
    await end();
    await ended;
    expect(lines).toHaveLength(7);
  });

  it('goes on through restarts of the server and gaps on the way', { timeout: 120_000 }, async () => {
    const { node, begin, end } = await place('apart');
    const behind = await openedBehind(server);
    const { lines, ended } = follow('apart', behind.cluster);
    await begin();
    node.say(said(1, 'one'));
    await expect.poll(() => lines).toEqual(['one']);
    await behind.gap(async () => node.say(said(2, 'two')));
    await expect.poll(() => lines).toEqual(['one', 'two']);
    await server.halt('SIGKILL');
    node.say(said(3, 'three'));
    await server.resume();
    await expect.poll(() => lines).toEqual(['one', 'two', 'three']);
    node.say(said(4, 'four'));
    // It ends while nobody listens.
    await behind.gap(end);
    await ended;
    expect(lines).toEqual(['one', 'two', 'three', 'four']);
    await behind.close();
  });

  it('tells a line without an end in pieces', async () => {
    const { node, begin, end } = await place('long');
    const { lines, ended } = follow('long');
    await begin();
    node.say({ at: at(1), words: `${'x'.repeat(3 * 2 ** 20)}\n` }, said(2, 'short'));
    await end();
    await ended;
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.pop()).toBe('short');
    expect(lines.join('')).toBe('x'.repeat(3 * 2 ** 20));
  });

  it('is empty when there is no such pod, and ends with one that goes', async () => {
    const none = follow('nobody');
    await none.ended;
    await place('leaving');
    const leaving = follow('leaving');
    await cluster.remove({ apiVersion: 'v1', kind: 'Node', name: 'node-leaving' });
    await cluster.remove({ apiVersion: 'v1', kind: 'Pod', name: 'leaving' });
    await setStatus(server, '/api/v1/namespaces/default/pods/leaving', { phase: 'Failed' });
    await leaving.ended;
    expect([none.lines, leaving.lines]).toEqual([[], []]);
  });

  it('ends at its signal, whether the container runs or not', async () => {
    const { node, begin } = await place('endless');
    const waiting = follow('endless');
    waiting.end.abort();
    await waiting.ended;
    await begin();
    const { lines, ended, end } = follow('endless');
    node.say(said(1, 'one'));
    await expect.poll(() => lines).toEqual(['one']);
    end.abort();
    await ended;
  });

  it('is not for everybody', async () => {
    const { begin } = await place('secret');
    await begin();
    const guest = await openedByGuest(server);
    await expect(follow('secret', guest).ended).rejects.toMatchObject({
      code: 'forbidden',
      message: 'guest may not list pods in the namespace default (to watch Pod secret).',
    });
    await allow(cluster, 'guest', { verbs: ['list', 'watch'], resources: ['pods'] });
    await expect
      .poll(() => follow('secret', guest).ended.catch((error) => error))
      .toMatchObject({
        message: 'guest may not get pods/log in the namespace default (to read the log of Pod secret).',
      });
    guest.close();
  });
});
