import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Cluster } from '../../src/engine/cluster.ts';
import { type ApiServer, startApiServer } from '../kind/apiserver.ts';
import {
  allow,
  createRecord,
  describeWithServer,
  named,
  note,
  notes,
  opened,
  openedBehind,
  openedByGuest,
} from './clusterscene.ts';

describeWithServer('a watch', () => {
  let server: ApiServer;
  let cluster: Cluster;
  beforeAll(async () => {
    server = await startApiServer();
    cluster = await opened(server.kubeconfig);
  });
  afterAll(async () => {
    cluster?.close();
    await server?.stop();
  });

  /** What is told of the notes with one label, until it is ended. */
  async function watching(label: string, by = cluster) {
    const { on, words, record } = createRecord();
    const end = new AbortController();
    const ended = by.watch({ ...notes, labels: { note: label } }, on, end.signal);
    const stop = () => {
      end.abort();
      return ended;
    };
    await expect.poll(() => record.listings).toBe(1);
    return { words, record, ended, stop };
  }
  const labelled = (label: string, name: string, data: Record<string, string> = {}) => ({
    ...note(name, data),
    metadata: { ...note(name).metadata, labels: { note: label } },
  });

  it('tells what is there, and then what happens', async () => {
    await cluster.apply(labelled('life', 'old'));
    const { words, stop } = await watching('life');
    expect(words()).toEqual(['added old undefined']);
    await cluster.apply(labelled('life', 'new', { a: '1' }));
    await cluster.apply(labelled('life', 'new', { a: '2' }));
    await cluster.remove(named('new'));
    await cluster.apply(labelled('other', 'stranger'));
    // What no longer fits is gone, for whoever watches.
    await cluster.apply(labelled('other', 'old'));
    await expect.poll(words).toHaveLength(5);
    expect(words().slice(1)).toEqual([
      'added new {"a":"1"}',
      'changed new {"a":"2"}',
      'gone new {"a":"2"}',
      expect.stringMatching(/^gone old/),
    ]);
    await stop();
  });

  it('tells hundreds of changes, each once and in order', { timeout: 120_000 }, async () => {
    const { words, stop } = await watching('crowd');
    const expected = Array.from({ length: 400 }, (_, at) => `${at === 0 ? 'added' : 'changed'} counter {"at":"${at}"}`);
    for (let at = 0; at < expected.length; at++) await cluster.apply(labelled('crowd', 'counter', { at: `${at}` }));
    await expect.poll(words).toHaveLength(expected.length);
    expect(words()).toEqual(expected);
    await stop();
  });

  it.each<NodeJS.Signals>(['SIGTERM', 'SIGKILL'])(
    'goes on after the server was ended by %s',
    { timeout: 120_000 },
    async (signal) => {
      const label = signal.toLowerCase();
      const { words, stop } = await watching(label);
      await cluster.apply(labelled(label, `before-${label}`));
      await expect.poll(words).toHaveLength(1);
      await server.halt(signal);
      await expect(cluster.list(notes)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining(`The API server of the context test does not answer at ${server.address}: `),
      });
      await server.resume();
      await cluster.apply(labelled(label, `after-${label}`));
      await expect.poll(words).toEqual([`added before-${label} undefined`, `added after-${label} undefined`]);
      await stop();
    },
  );

  it('tells after a gap the difference alone, also when the server has forgotten it', {
    timeout: 120_000,
  }, async () => {
    const behind = await openedBehind(server);
    for (const name of ['stays', 'alters', 'leaves', 'returns']) await cluster.apply(labelled('gap', name));
    const { words, record, stop } = await watching('gap', behind.cluster);
    expect(words()).toHaveLength(4);
    await behind.gap(() => cluster.apply(labelled('gap', 'alters', { a: '1' })));
    await expect.poll(words).toHaveLength(5);
    expect(words().slice(4)).toEqual(['changed alters {"a":"1"}']);
    expect(record.listings).toBe(1);
    await behind.gap(async () => {
      await cluster.apply(labelled('gap', 'alters', { a: '2' }));
      await cluster.remove(named('leaves'));
      await cluster.remove(named('returns'));
      await cluster.apply(labelled('gap', 'returns'));
      await cluster.apply(labelled('gap', 'comes'));
      // It remembers by itself what the store has forgotten, until it starts anew.
      await server.compact();
      await server.halt('SIGKILL');
      await server.resume();
    });
    await expect.poll(() => record.listings).toBe(2);
    expect(words().slice(5).sort()).toEqual([
      'added comes undefined',
      'added returns undefined',
      'changed alters {"a":"2"}',
      'gone leaves undefined',
      'gone returns undefined',
    ]);
    await stop();
    await behind.close();
  });

  it('ends at its signal, also while the server is away', { timeout: 120_000 }, async () => {
    const { stop } = await watching('end');
    await server.halt('SIGKILL');
    await stop();
    const never = createRecord();
    await cluster.watch(notes, never.on, AbortSignal.abort());
    expect(never.record).toEqual({ changes: [], listings: 0 });
    await server.resume();
  });

  it('ends with a sentence when its right is taken away', { timeout: 120_000 }, async () => {
    await allow(cluster, 'guest', { verbs: ['list', 'watch'], resources: ['configmaps'] });
    const guest = await openedByGuest(server);
    await expect.poll(() => guest.list(notes).then(() => 'listed', String)).toBe('listed');
    const { ended } = await watching('guest', guest);
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', name: 'may-list-watch' };
    await cluster.remove(role);
    const end = expect(ended).rejects.toMatchObject({
      code: 'forbidden',
      message: 'guest may not watch configmaps in the namespace default (to watch ConfigMap).',
    });
    await server.halt('SIGKILL');
    await server.resume();
    await end;
    guest.close();
  });
});
