import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findCgroups } from '../../src/executors/limits/cgroup.ts';
import { findLimits } from '../../src/executors/limits/limits.ts';
import { scopeCommand } from '../../src/executors/limits/systemd.ts';
import { printed, taskOf } from '../contracts/executor.ts';
import { declared } from '../fakes/definitions.ts';
import { lives, openLocal, shellEnvironment } from './place.ts';

const folder = mkdtempSync(join(tmpdir(), 'limits-'));
afterAll(() => rmSync(folder, { recursive: true }));

const size = { memory: 256 * 2 ** 20, cpu: 0.2 };

describe('what is told to the machine', () => {
  it('by control groups of version 2', () => {
    const mount = join(folder, 'v2');
    mkdirSync(mount);
    writeFileSync(join(mount, 'cgroup.controllers'), 'cpu memory');
    const found = findCgroups(mount, 'id', 2);
    if (!('fence' in found)) throw new Error(found.why);
    const enclosure = found.fence.enclose('w1', size);
    enclosure.join(42);
    const read = (name: string) => readFileSync(join(mount, 'oscar-sandbox-id', name), 'utf8');
    expect(readFileSync(join(mount, 'cgroup.subtree_control'), 'utf8')).toBe('+memory +cpu');
    expect([read('w1/memory.max'), read('w1/cpu.max'), read('w1/cgroup.procs')]).toEqual([
      '268435456',
      '20000 100000',
      '42',
    ]);
    writeFileSync(join(mount, 'oscar-sandbox-id/w1/cgroup.procs'), '42\n43\n44\n');
    expect(enclosure.processes()).toBe(3);
    writeFileSync(join(mount, 'oscar-sandbox-id/w1/memory.events'), 'low 0\noom 3\noom_kill 2\n');
    expect(enclosure.oomKills()).toBe(2);
  });

  it('by systemd', () => {
    const command = scopeCommand('oscar-sandbox-id-w1', size, { uid: 1000, command: ['/bin/sh', 'agent.sh'] });
    expect(command.join(' ')).toBe(
      'env XDG_RUNTIME_DIR=/run/user/1000 systemd-run --user --scope --quiet --collect --unit=oscar-sandbox-id-w1 ' +
        '-p MemoryMax=268435456 -p MemorySwapMax=0 -p CPUQuota=20% -- env -u XDG_RUNTIME_DIR /bin/sh agent.sh',
    );
  });

  it('is nothing where nothing holds, with all the reasons', async () => {
    const environment = { PATH: '/nowhere' };
    const fence = await findLimits({ id: 'x', environment, mount: join(folder, 'none') });
    expect(fence.detail).toMatch(
      /^memory and cpu limits are not enforced: there is no cgroup v2; there is no cgroup v1; systemd-run: .+\.$/,
    );
    expect(fence.enclose('w1', size).wrap(['sh'])).toEqual(['sh']);
  });
});

const here = await findLimits({ id: folder, environment: shellEnvironment, mount: '/sys/fs/cgroup' });
afterAll(() => here.close());
const holds = !here.detail.includes('not enforced');

describe.skipIf(!holds)(`limits on this machine (${holds ? here.detail : `skipped: ${here.detail}`})`, () => {
  const hog = 'x=0123456789abcdef; while :; do x=$x$x; done';

  it.each([
    ['a script that takes too much memory', hog],
    ['a script whose child does', `sh -c '${hog}'`],
  ])('tell %s apart', async (_, script) => {
    const { local, close } = await openLocal();
    const service = declared({ script, memory: '32Mi', cpu: '1' });
    const outcome = await local.run(taskOf(service), () => undefined, new AbortController().signal);
    expect(outcome).toMatchObject({ state: 'Failed', reason: 'Out of memory: the limit is 32Mi.' });
    await outcome.release();
    const next = await local.run(
      taskOf(declared({ script: 'exit 137', memory: '32Mi', cpu: '1' })),
      () => undefined,
      new AbortController().signal,
    );
    expect(next.reason).toBe('The script ended with exit code 137 (SIGKILL).');
    await next.release();
    await close();
  });

  it('count for everything a script starts, and go with the worker', async () => {
    const { local, close } = await openLocal();
    const service = declared({ script: 'sh -c "cat /proc/self/cgroup"', memory: '64Mi', cpu: '1' });
    const outcome = await local.run(taskOf(service), () => undefined, new AbortController().signal);
    const text = 'bytes' in outcome.answer.content ? outcome.answer.content.bytes.toString() : '';
    const group = /(oscar-sandbox-\w+)/.exec(text)?.[1] ?? 'none';
    expect(text).toContain('oscar-sandbox-');
    await outcome.release();
    await close();
    const left = ['', 'memory', 'cpu'].map((name) => join('/sys/fs/cgroup', name, group)).filter(existsSync);
    expect(left).toEqual([]);
  });

  it('end what tasks left running with their workers, and keep workers whose tasks left nothing', async () => {
    const { local, close } = await openLocal();
    const call = async (script: string) => {
      const service = declared({ script, cpu: '1' });
      await local.deploy(service);
      const outcome = await local.run(taskOf(service), () => undefined, new AbortController().signal);
      await outcome.release();
      return printed(outcome).trim();
    };
    const group = "grep -o 'oscar-sandbox-.*' /proc/self/cgroup | head -n 1";
    expect(new Set([await call(group), await call(group), await call(group)]).size).toBe(1);
    const left: string[] = [];
    for (let n = 0; n < 30; n++) left.push(await call('sleep 1000 >/dev/null 2>&1 & echo $!'));
    left.push(await call('setsid sleep 1000 >/dev/null 2>&1 </dev/null & echo $!'));
    expect(new Set(left).size).toBe(31);
    await expect.poll(() => left.filter((pid) => lives(Number(pid)))).toEqual([]);
    await close();
  });

  it('end what left the process group, when the worker ends', async () => {
    const { local, close } = await openLocal();
    const service = declared({ script: 'setsid sleep 1000 >/dev/null 2>&1 </dev/null & echo $!', cpu: '1' });
    const outcome = await local.run(taskOf(service), () => undefined, new AbortController().signal);
    const pid = 'bytes' in outcome.answer.content ? outcome.answer.content.bytes.toString().trim() : '';
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    await outcome.release();
    await close();
    await expect
      .poll(() => !existsSync(`/proc/${pid}`) || / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')))
      .toBe(true);
  });
});
