import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lookAtMachine } from '../../src/engine/machine.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'machine-'));
});
afterEach(() => rm(folder, { recursive: true }));

const meminfo = 'MemTotal:       16000000 kB\nMemFree:         1000000 kB\nMemAvailable:    6000000 kB\n';

async function look(files: Record<string, string>) {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return lookAtMachine({ proc: join(folder, 'proc'), group: join(folder, 'group') });
}

it.each([
  ['all of it', {}, 16_384_000_000, 10_240_000_000],
  ['all of it, as the group has no limit', { 'group/memory.max': 'max\n' }, 16_384_000_000, 10_240_000_000],
  [
    'all of it, as there is less than the limit',
    { 'group/memory.max': '99999999999\n' },
    16_384_000_000,
    10_240_000_000,
  ],
  [
    'what the group may have, but for what was only read from files',
    {
      'group/memory.max': '2147483648\n',
      'group/memory.current': '500000000\n',
      'group/memory.stat': 'anon 100\nfile 300\ninactive_file 200000000\n',
    },
    2_147_483_648,
    300_000_000,
  ],
])('tells of memory: %s', async (_what, files, capacity, usage) => {
  expect((await look({ 'proc/meminfo': meminfo, ...files })).memory).toEqual({ capacity, usage });
});

it.each([
  ['no limit', {}, availableParallelism() * 1000],
  ['a limit that is none', { 'group/cpu.max': 'max 100000\n' }, availableParallelism() * 1000],
  ['half a core', { 'group/cpu.max': '50000 100000\n', 'group/cpu.stat': 'usage_usec 5000\n' }, 500],
  ['more than there is', { 'group/cpu.max': '999900000 100000\n' }, cpus().length * 1000],
])('tells of processors in thousandths of a core: %s', async (_what, files, capacity) => {
  const { cpu } = await look(files);
  expect(cpu.capacity).toBe(capacity);
  expect(Number.isInteger(cpu.usage) && cpu.usage >= 0 && cpu.usage <= capacity).toBe(true);
});

it('counts the GPUs that the driver knows', async () => {
  const gpus = { 'proc/driver/nvidia/gpus/0000:01:00.0/information': '', 'proc/driver/nvidia/gpus/0000:02:00.0/x': '' };
  expect([(await look({})).gpus, (await look(gpus)).gpus]).toEqual([0, 2]);
});

it('finds this very machine, in whole numbers', async () => {
  const { name, cpu, memory } = await lookAtMachine();
  expect(name).not.toBe('');
  for (const number of [cpu.capacity, cpu.usage, memory.capacity, memory.usage])
    expect(Number.isInteger(number)).toBe(true);
  expect(memory.usage).toBeGreaterThan(0);
  expect(memory.usage).toBeLessThan(memory.capacity);
});
