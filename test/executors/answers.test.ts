import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/model/task.ts';
import { printed, taskOf } from '../contracts/executor.ts';
import { declared } from '../fakes/definitions.ts';
import { arrived, useLocal } from './stage.ts';

const { stage, run, output, put, platformLines } = useLocal();

describe('what comes back', () => {
  const writes = (...names: string[]) =>
    `echo said; cd "$TMP_OUTPUT_DIR"; ${names.map((n) => `mkdir -p "$(dirname ${n})"; printf ${n} >${n}`).join('; ')}`;
  const read = async (outcome: Outcome): Promise<Buffer> => {
    const { content } = outcome.answer;
    return 'bytes' in content ? content.bytes : readFileSync(content.file);
  };

  it('is the one file of the output folder', async () => {
    const outcome = await run(taskOf(declared({ script: writes('sub/a.bin') })));
    expect(outcome.answer.form).toBe('file');
    expect((await read(outcome)).toString()).toBe('sub/a.bin');
    await outcome.release();
  });

  it('is a zip of many files, stored under their names', async () => {
    const outcome = await run(taskOf(declared({ script: writes('b.txt', 'a.txt', 'sub/c.txt') })));
    expect(outcome.answer.form).toBe('archive');
    const archive = join(stage.place.folder, 'answer.zip');
    await writeFile(archive, await read(outcome));
    expect(execFileSync('unzip', ['-Z1', archive]).toString()).toBe('a.txt\nb.txt\nsub/c.txt\n');
    expect(execFileSync('unzip', ['-p', archive, 'sub/c.txt']).toString()).toBe('sub/c.txt');
    expect(execFileSync('unzip', ['-v', archive]).toString()).toContain('Stored');
    await outcome.release();
  });

  it.each([
    ['of an object event', writes('a.txt'), arrived('in/x'), 'said\n'],
    ['of a script that failed', `${writes('a.txt')}; exit 3`, '', 'said\n'],
    ['without what is no UTF-8', "printf 'a\\377b'", '', 'ab'],
    ['of both streams in order', 'echo 1; echo 2 >&2; echo 3', '', '1\n2\n3\n'],
  ])('is the output %s', async (_, script, body, expected) => {
    await put('in/x', 'x');
    const outcome = await run(taskOf(declared({ script }), body));
    expect(outcome.answer.form).toBe('output');
    expect(printed(outcome)).toBe(expected);
    await outcome.release();
  });

  it('waits for a background child that can still print', async () => {
    expect(await output(declared({ script: '(sleep 0.1; echo late) & echo early' }))).toBe('early\nlate\n');
  });

  it('goes into a file when it is large, and the file goes with the release', async () => {
    const outcome = await run(taskOf(declared({ script: 'head -c 3000000 /dev/zero | tr "\\0" x' })));
    const { content } = outcome.answer;
    const file = 'file' in content ? content.file : '';
    expect(content).toEqual({ file, size: 3_000_000 });
    expect(readFileSync(file).length).toBe(3_000_000);
    await outcome.release();
    expect(existsSync(file)).toBe(false);
    expect(readdirSync(join(stage.place.folder, 'kept'))).toEqual([]);
  });
});

describe('what goes into buckets', () => {
  const output = [{ storage_provider: 'minio', path: 'out/results', suffix: ['.txt'] }];

  it('stores matching files, from calls too, as written by the service', async () => {
    const script = 'cd "$TMP_OUTPUT_DIR"; mkdir sub; echo 1 >a.txt; echo 2 >b.bin; echo 3 >sub/c.txt; ln -s sub link';
    const outcome = await run(taskOf(declared({ name: 'writer', script, output }), 'hi!'));
    expect(outcome).toMatchObject({ state: 'Succeeded', outputs: ['out/results/a.txt', 'out/results/sub/c.txt'] });
    expect(stage.place.buckets.stored('out', 'results/a.txt')).toMatchObject({
      contentType: 'text/plain',
      writer: 'writer',
    });
    expect(platformLines().sort()).toEqual([
      '[sandbox] link is left out: it links to a folder',
      '[sandbox] wrote out/results/a.txt (2 bytes)',
      '[sandbox] wrote out/results/sub/c.txt (2 bytes)',
    ]);
    await outcome.release();
  });

  it('stores what a failing script left', async () => {
    const script = 'echo part >"$TMP_OUTPUT_DIR/part.txt"; exit 4';
    const outcome = await run(taskOf(declared({ script, output })));
    expect(outcome).toMatchObject({ state: 'Failed', exitCode: 4, outputs: ['out/results/part.txt'] });
    expect(outcome.reason).toBe('The script ended with exit code 4.');
    await outcome.release();
  });

  it('says what exit code 127 means', async () => {
    const outcome = await run(taskOf(declared({ script: 'no-such-program' })));
    expect(outcome.reason).toBe(
      'The script ended with exit code 127: it calls a program that this machine does not have.',
    );
    await outcome.release();
  });

  it('fails when a bucket is gone, and names it', async () => {
    const gone = [{ storage_provider: 'minio', path: 'gone/x' }, ...output];
    const outcome = await run(taskOf(declared({ script: 'echo 1 >"$TMP_OUTPUT_DIR/z.txt"', output: gone })));
    expect(outcome).toMatchObject({ state: 'Failed', exitCode: 0 });
    expect(outcome.reason).toBe('Storing gone/x/z.txt failed: There is no bucket called gone.');
    await outcome.release();
  });

  it('does not wait for a pipe that a script left in its output folder', async () => {
    const outcome = await run(taskOf(declared({ script: 'mkfifo "$TMP_OUTPUT_DIR/p.txt"; echo done', output })));
    expect(outcome).toMatchObject({ state: 'Succeeded', outputs: [] });
    expect(platformLines()).toEqual(['[sandbox] p.txt is left out: it is no regular file']);
    await outcome.release();
  });

  it('says nothing of its own at log_level CRITICAL unless it fails', async () => {
    const service = declared({ script: 'echo 1 >"$TMP_OUTPUT_DIR/q.txt"', output, log_level: 'CRITICAL' });
    await (await run(taskOf(service))).release();
    expect(stage.lines).toEqual([]);
  });
});
