import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nearest } from '../../src/declare/spelling.ts';
import { type Mark, markOf } from '../../src/declare/watch/marks.ts';
import { createSettled } from '../../src/declare/watch/settled.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'settled-'));
});
afterEach(() => rm(folder, { recursive: true }));

const file = async (name: string, content = 'x'): Promise<Mark> => {
  const path = join(folder, name);
  await writeFile(path, content);
  const mark = await markOf(path);
  if (!mark) throw new Error(`${path} was not written.`);
  return mark;
};

describe.runIf(process.platform === 'linux')('on Linux a file is complete when nobody has it open for writing', () => {
  const settled = createSettled({ platform: 'linux' });
  const busy = async (...marks: Mark[]) =>
    [...(await settled.unsettled(marks)).keys()].map((path) => path.slice(folder.length + 1));

  it('a writer counts, a reader does not', async () => {
    const [a, b, c] = [await file('a'), await file('b'), await file('c')];
    const [reader, writer, both] = [await open(a.path, 'r'), await open(b.path, 'a'), await open(c.path, 'r+')];
    expect((await busy(a, b, c)).toSorted()).toEqual(['b', 'c']);
    await both.close();
    expect(await busy(a, b, c)).toEqual(['b']);
    await writer.close();
    expect(await busy(a, b, c)).toEqual([]);
    await reader.close();
  });

  it('a writer is known by the file, not by its name', async () => {
    const a = await file('a');
    const writer = await open(a.path, 'a');
    await rename(a.path, join(folder, 'moved'));
    expect(await busy(a)).toEqual(['a']);
    await writer.close();
  });

  it('the writer is named', async () => {
    const a = await file('a');
    const writer = spawn('sh', ['-c', 'exec 3>>"$1"; echo ready; read line', 'sh', a.path]);
    await once(writer.stdout, 'data');
    expect((await settled.unsettled([a])).get(a.path)).toBe(`sh (process ${writer.pid})`);
    writer.stdin.end('\n');
    await once(writer, 'close');
    expect(await busy(a)).toEqual([]);
  });
});

describe('elsewhere a file is complete when size and time rest', () => {
  it('a file that grows is not, one that rests is', async () => {
    const settled = createSettled({ platform: 'darwin', rest: 20 });
    const [a, b] = [await file('a'), await file('b')];
    const asked = settled.unsettled([a, b]);
    await writeFile(a.path, 'more');
    expect([...(await asked).keys()]).toEqual([a.path]);
    const now = await markOf(a.path);
    expect(now && (await settled.unsettled([now, b])).size).toBe(0);
  });
});

describe('the word that was meant', () => {
  const known = ['memory', 'cpu', 'min_scale', 'max_scale', 'image', 'image_pull_secrets', 'script'];
  it.each([
    ['memmory', 'memory'],
    ['mem', undefined],
    ['minScale', 'min_scale'],
    ['imgae', 'image'],
    ['Script', 'script'],
    ['imagePullSecrets', 'image_pull_secrets'],
    ['gpu', 'cpu'],
    ['banana', undefined],
    ['x'.repeat(100_000), undefined],
  ])('%.20s', (written, meant) => {
    expect(nearest(written, known)).toBe(meant);
  });
});
