import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeArchive } from '../../../src/executors/workspace/archive.ts';
import type { OutputFile } from '../../../src/executors/workspace/files.ts';

let folder: string;
let files: OutputFile[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oscar-archive-'));
  files = ['a', 'b', 'c'].map((name) => {
    const path = join(folder, name);
    writeFileSync(path, `${name} was here\n`);
    return { path, name, size: statSync(path).size };
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Opens a file `times` times, and no more. */
function opener(times: number) {
  let left = times;
  return ({ path, name }: OutputFile) => {
    left -= 1;
    if (left < 0) throw new Error(`${name} was changed`);
    return { path, info: statSync(path), close: () => undefined };
  };
}

it('packs the files under their names', async () => {
  const target = join(folder, 'whole.zip');
  const size = await writeArchive(files, target, opener(6));
  const packed = readFileSync(target);
  expect(packed.length).toBe(size);
  for (const { name } of files) expect(packed.includes(`${name} was here\n`)).toBe(true);
});

// Each file is opened twice: once to describe it, once to read it. A rejection nobody heard would end the daemon.
it.each([0, 1, 2, 3, 4, 5])('says which file was changed when opening fails after %i times', async (times) => {
  const name = ['a', 'b', 'c'][times % 3];
  await expect(writeArchive(files, join(folder, 'broken.zip'), opener(times))).rejects.toThrow(`${name} was changed`);
});

it('ends when a file cannot be read', async () => {
  const gone = (file: OutputFile) => ({ ...opener(1)(file), path: join(folder, 'gone') });
  await expect(writeArchive(files, join(folder, 'gone.zip'), gone)).rejects.toThrow('ENOENT');
});
