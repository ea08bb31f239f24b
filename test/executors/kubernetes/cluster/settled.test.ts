import { describe, expect, it } from 'vitest';
import type { Change, Cluster, Manifest, Watcher } from '../../../../src/engine/cluster.ts';
import { applyAll } from '../../../../src/executors/kubernetes/cluster/applying.ts';
import { type Awaited, settled } from '../../../../src/executors/kubernetes/cluster/settled.ts';
import { SandboxError } from '../../../../src/model/errors.ts';

const object = (name: string, data?: unknown): Manifest => ({
  apiVersion: 'v1',
  kind: 'Any',
  metadata: { name },
  data,
});
const change = (name: string, data: unknown, kind: Change['kind'] = 'changed'): Change => ({
  kind,
  object: object(name, data),
});

/** A cluster that tells these, and then nothing more until it is called off. */
const telling = (...told: (Change | 'synced')[]): Pick<Cluster, 'watch'> => ({
  watch: async (_where, on: Watcher, signal) => {
    for (const one of told) {
      if (signal.aborted) return;
      if (one === 'synced') on.synced();
      else on.change(one);
    }
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  },
});
const never = new AbortController().signal;
const wait = (cluster: Pick<Cluster, 'watch'>, more: Partial<Awaited> = {}, signal = never) => {
  const look = ({ data }: Manifest) => (data === 'up' ? undefined : String(data));
  return settled(
    cluster as Cluster,
    { what: 'It', apiVersion: 'v1', kind: 'Any', timeoutMs: 50, look, ...more },
    signal,
  );
};

describe('waiting for objects of a cluster', () => {
  it('ends when all of them are as they should be', async () => {
    const missing: string[] = [];
    const cluster = telling(
      change('a', 'down'),
      change('b', 'up'),
      'synced',
      change('a', 'half'),
      change('a', 'half'),
      change('a', 'up'),
    );
    await wait(cluster, { timeoutMs: 20_000, onMissing: (why) => missing.push(why) });
    expect(missing).toEqual(['a: down', 'a: half']);
  });

  it('does not end before everything that is there was told', async () =>
    expect(wait(telling(change('a', 'up')))).rejects.toThrow('It is not ready after 0.05 s'));

  it('does not end for others than are named', async () =>
    expect(wait(telling(change('a', 'up'), 'synced'), { names: ['a', 'b'] })).rejects.toThrow('b is not there.'));

  it('does not end for nothing', async () =>
    expect(wait(telling('synced'))).rejects.toThrow('nothing of it is there.'));

  it('forgets what is gone', async () => {
    const cluster = telling(change('a', 'down'), change('b', 'up'), 'synced', change('a', 'down', 'gone'));
    await wait(cluster, { timeoutMs: 20_000 });
  });

  it('ends with whoever called it off', async () =>
    expect(wait(telling('synced'), {}, AbortSignal.abort(new Error('called off')))).rejects.toThrow('called off'));
});

describe('handing over manifests', () => {
  const passing = new SandboxError('unavailable', 'its webhook does not serve yet');
  const patience = { passes: (error: unknown) => error === passing, forMs: 60_000, now: Date.now };
  const failing = (failures: unknown[]) => {
    const taken: string[] = [];
    const apply = async (manifest: Manifest) => {
      const failure = failures.shift();
      if (failure) throw failure;
      taken.push(manifest.metadata.name);
      return manifest;
    };
    return { taken, cluster: { apply } as Pick<Cluster, 'apply'> as Cluster };
  };
  const all = ['a', 'b', 'c'].map((name) => object(name));

  it('tries again what fails in passing', async () => {
    const { taken, cluster } = failing([passing]);
    await applyAll(cluster, all, patience, never);
    expect(taken.sort()).toEqual(['a', 'b', 'c']);
  });

  it('ends with what fails for good', async () => {
    const { cluster } = failing([new SandboxError('invalid', 'no such field')]);
    await expect(applyAll(cluster, all, patience, never)).rejects.toThrow('no such field');
  });

  it('ends when patience does', async () => {
    const { cluster } = failing([passing]);
    const late = { ...patience, forMs: -1 };
    await expect(applyAll(cluster, all, late, never)).rejects.toThrow('does not serve yet');
  });
});
