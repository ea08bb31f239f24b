import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findFiles } from '../../../src/executors/workspace/files.ts';
import { createWorkspace, type Staging } from '../../../src/executors/workspace/workspace.ts';
import { silent } from '../../../src/log.ts';
import type { Buckets } from '../../../src/objects/buckets.ts';
import { openElsewhere } from '../../../src/objects/elsewhere/open.ts';
import { taskOf } from '../../contracts/executor.ts';
import { createFakeBuckets, type FakeBuckets } from '../../fakes/buckets.ts';
import { declared } from '../../fakes/definitions.ts';

let base: string;
let secret: string;
let buckets: FakeBuckets;
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'swaps-'));
  secret = join(base, 'secret');
  writeFileSync(secret, 'secret');
  buckets = createFakeBuckets();
  await buckets.create('out', {});
});
afterEach(() => rmSync(base, { recursive: true }));

const swap = (path: string) => {
  rmSync(path);
  symlinkSync(secret, path);
};

/** A call that left files in its output folder; `onPut` is told when one of them is stored. */
async function left(files: string[], onPut: (output: string) => void = () => undefined): Promise<Staging> {
  const folder = join(base, 'workspace');
  let output = '';
  const put: Buckets['put'] = (...args) => {
    onPut(output);
    return buckets.put(...args);
  };
  const workspace = createWorkspace({
    buckets: { ...buckets, put },
    elsewhere: openElsewhere,
    folder,
    access: () => 'owner',
    inside: (path) => path,
    links: 'inside',
    log: silent,
  });
  mkdirSync(folder);
  await workspace.sweep();
  const stored = [{ storage_provider: 'minio', path: 'out/r', prefix: ['a', 'b'] }];
  const staging = await workspace.stageIn(taskOf(declared({ name: 'left', output: stored })), () => undefined);
  output = join(staging.root, 'out');
  for (const name of files) writeFileSync(join(output, name), `this is ${name}`);
  return staging;
}

describe('what something that still runs puts in the place of an output file', () => {
  it('is not stored', async () => {
    const staging = await left(['a', 'b'], (output) => swap(join(output, 'b')));
    const { outputs, failures } = await staging.stageOut(1);
    expect(outputs).toEqual(['out/r/a']);
    expect(failures).toEqual([
      'b was changed after the end of the script: it links to a file outside the output folder.',
    ]);
    expect(buckets.contents()).toEqual({ 'out/r/a': 'this is a' });
    await staging.release();
  });

  it('is not what a caller gets', async () => {
    const staging = await left(['c']);
    const { answer } = await staging.stageOut(0);
    swap(join(staging.root, 'out/c'));
    if (!('file' in answer.content)) throw new Error('The answer is no file.');
    expect(readFileSync(answer.content.file, 'utf8')).toBe('this is c');
    await staging.release();
  });

  it('is not packed', async () => {
    const staging = await left(['a', 'c'], (output) => swap(join(output, 'c')));
    await expect(staging.stageOut(0)).rejects.toMatchObject({ message: expect.stringMatching(/^c was changed/) });
    await staging.release();
  });

  it('is not looked into, when it is a folder', async () => {
    const [folder, names] = [join(base, 'out'), [] as string[]];
    mkdirSync(join(folder, 'sub'), { recursive: true });
    symlinkSync('nothing', join(folder, 'first'));
    const onSkip = (name: string) => {
      names.push(name);
      if (name !== 'first') return;
      renameSync(join(folder, 'sub'), join(folder, 'moved'));
      symlinkSync(base, join(folder, 'sub'));
    };
    await expect(findFiles(folder, { within: folder, onSkip })).rejects.toThrow();
    expect(names).toEqual(['first']);
  });
});
