import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Tools } from '../../../../src/executors/kubernetes/cluster/tools.ts';
import { createTraces } from '../../../../src/executors/kubernetes/cluster/traces.ts';

describe('what a cluster changes on a machine', () => {
  let folder: string;
  let root: string;
  let called: string[];
  let fails: RegExp;
  const set = (name: string, value: string) => writeFileSync(join(root, name), `${value}\n`);
  const get = (name: string) => readFileSync(join(root, name), 'utf8').trim();
  const tools: Tools = {
    environment: {},
    kind: async () => ({ ok: true, stdout: '', output: '' }),
    engine: async (args) => {
      called.push(args.join(' '));
      return { ok: !fails.test(args.join(' ')), stdout: '', output: '' };
    },
  };
  const changeAll = () => {
    set('vm/overcommit_memory', '1');
    set('kernel/panic', '10');
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'traces-'));
    root = join(folder, 'sys');
    for (const name of ['vm', 'kernel']) mkdirSync(join(root, name), { recursive: true });
    called = [];
    fails = /never/;
    set('vm/overcommit_memory', '0');
    set('kernel/panic', '0');
    set('kernel/panic_on_oops', '0');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is put back by the node, which may', async () => {
    const traces = createTraces(folder, 'kind', root);
    await traces.remember(tools);
    changeAll();
    expect(await traces.restore({ tools, name: 'node' })).toBeUndefined();
    expect(called.at(-1)).toBe(
      'exec --privileged node sh -c systemctl stop kubelet; exec sysctl -w "$@" sh vm.overcommit_memory=0 kernel.panic=0',
    );
  });

  it('is put back by ourselves when there is no node any more', async () => {
    await createTraces(folder, 'kind', root).remember(tools);
    changeAll();
    expect(await createTraces(folder, 'kind', root).restore(undefined)).toBeUndefined();
    expect([get('vm/overcommit_memory'), get('kernel/panic')]).toEqual(['0', '0']);
  });

  it('is told with what the user can do when nobody may put it back', async () => {
    const traces = createTraces(folder, 'kind', root);
    await traces.remember(tools);
    set('kernel/panic', '10');
    rmSync(join(root, 'kernel'), { recursive: true });
    fails = /exec/;
    expect(await traces.restore({ tools, name: 'node' })).toBe(
      'The cluster has changed settings of this machine; to put them back: sudo sysctl -w kernel.panic=0 kernel.panic_on_oops=0',
    );
  });

  it('is what it was before the first cluster, and not before the last', async () => {
    const traces = createTraces(folder, 'kind', root);
    await traces.remember(tools);
    changeAll();
    await traces.remember(tools);
    await traces.restore(undefined);
    expect(get('kernel/panic')).toBe('0');
  });

  const networks: [what: string, missing: RegExp, removed: boolean][] = [
    ['goes with the cluster that it came with', /inspect/, true],
    ['stays when it was there before', /never/, false],
  ];
  it.each(networks)('a network %s', async (_what, missing, removed) => {
    fails = missing;
    const traces = createTraces(folder, 'kind', root);
    await traces.remember(tools);
    await traces.forget(tools);
    expect(called.includes('network rm kind')).toBe(removed);
  });
});
